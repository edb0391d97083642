// The call in Jetpack Compose.

package com.example.call

import androidx.activity.compose.rememberLauncherForActivityResult
import androidx.activity.result.contract.ActivityResultContracts.RequestMultiplePermissions
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.rememberCoroutineScope
import androidx.compose.runtime.setValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.viewinterop.AndroidView
import androidx.lifecycle.compose.LifecycleResumeEffect

/** Takes `remember { Door(address, room) { renew -> signIn.bearer(renew) } }` as its door. */
@Composable
fun CallHost(door: Door, audioOnly: Boolean, modifier: Modifier = Modifier) {
    val scope = rememberCoroutineScope()
    var view by remember { mutableStateOf<CallView?>(null) }
    val permissions =
        rememberLauncherForActivityResult(RequestMultiplePermissions()) { view?.permitted(it) }
    AndroidView(
        factory = { context ->
            val made = CallView(context, scope, door, audioOnly) {
                permissions.launch(permissionsFor(audioOnly))
            }
            view = made
            made
        },
        modifier = modifier,
        onRelease = { it.call.leave() },
    )
    LifecycleResumeEffect(view) {
        view?.call?.resume()
        onPauseOrDispose { view?.call?.pause() }
    }
}
