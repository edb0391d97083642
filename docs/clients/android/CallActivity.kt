// An activity around the call. An app made with Compose takes CallHost.kt instead.

package com.example.call

import android.os.Bundle
import android.widget.TextView
import androidx.activity.ComponentActivity
import androidx.activity.result.contract.ActivityResultContracts.RequestMultiplePermissions
import androidx.lifecycle.lifecycleScope

class CallActivity : ComponentActivity() {
    private var view: CallView? = null
    private val permissions =
        registerForActivityResult(RequestMultiplePermissions()) { view?.permitted(it) }

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        val audioOnly = intent.getBooleanExtra("audioOnly", false)
        val door = invitedDoor() ?: doorIn(intent.extras ?: Bundle.EMPTY)
        if (door == null) {
            setContentView(TextView(this).apply { text = "Please sign in first, or open a link." })
            return
        }
        view = CallView(this, lifecycleScope, door, audioOnly) {
            permissions.launch(permissionsFor(audioOnly))
        }
        setContentView(view)
    }

    override fun onPause() {
        super.onPause()
        view?.call?.pause()
    }

    override fun onResume() {
        super.onResume()
        view?.call?.resume()
    }

    override fun onDestroy() {
        view?.call?.leave()
        super.onDestroy()
    }

    /** The door of the link that has opened this activity: `https://clinic.example.com/join#CODE`. */
    private fun invitedDoor(): Door? {
        val code = intent.data?.fragment ?: return null
        val key = guestKey(code, getSharedPreferences("guest-keys", MODE_PRIVATE))
        return Door("https://roomkey.example.com", Invitation(code, key))
    }

    /**
     * The door that whoever starts the activity names, to try it; null where they name no bearer.
     * Your app knows its address, and asks your sign-in: `Door(address, room) { renew -> … }`.
     */
    private fun doorIn(extras: Bundle): Door? {
        val bearer = extras.getString("bearer") ?: return null
        val address = extras.getString("roomkey") ?: "https://roomkey.example.com"
        return Door(address, extras.getString("room") ?: "standup") { bearer }
    }
}
