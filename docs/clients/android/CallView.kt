// What a call looks like, for an activity and for Compose alike.

package com.example.call

import android.Manifest.permission.CAMERA
import android.Manifest.permission.RECORD_AUDIO
import android.content.Context
import android.view.View
import android.view.ViewGroup.LayoutParams.MATCH_PARENT
import android.widget.Button
import android.widget.CheckBox
import android.widget.EditText
import android.widget.LinearLayout
import android.widget.ScrollView
import android.widget.TextView
import kotlinx.coroutines.CoroutineScope

private const val VIDEO_HEIGHT_DP = 240

/** The permissions that a call needs, for its host to ask for. */
fun permissionsFor(audioOnly: Boolean): Array<String> =
    if (audioOnly) arrayOf(RECORD_AUDIO) else arrayOf(CAMERA, RECORD_AUDIO)

/** It scrolls, so that every control can be reached however many videos there are. */
class CallView(
    context: Context,
    scope: CoroutineScope,
    door: Door,
    audioOnly: Boolean,
    askForPermissions: () -> Unit,
) : ScrollView(context), Screen {
    val call = Call(context, scope, door, this, audioOnly)
    private val told = TextView(context)
    private val lines = TextView(context)
    private val message = EditText(context)
    private val microphone = CheckBox(context)
    private val join = button("Join", askForPermissions)
    private val videos = column()
    private val controls = column()

    init {
        microphone.text = "Microphone"
        microphone.setOnClickListener { call.setMicrophone(microphone.isChecked) }
        message.hint = "Message"
        controls.addView(microphone)
        controls.addView(button("Switch camera") { call.switchCamera() })
        controls.addView(message)
        controls.addView(button("Send") { say() })
        controls.addView(button("Leave") { call.leave() })
        controls.addView(lines)
        val all = column()
        for (view in listOf(told, join, videos, controls)) all.addView(view)
        addView(all)
        fitsSystemWindows = true // Not under the bars of the system, nor the keyboard.
        show(connected = false, microphone = true)
    }

    /** Joins, if the user has granted all that the host has asked for. */
    fun permitted(granted: Map<String, Boolean>) {
        if (granted.values.all { it }) {
            call.join()
        } else {
            tell("Please allow this app to use your camera and microphone.")
        }
    }

    override fun tell(text: String) {
        told.text = text
    }

    override fun chat(from: String, text: String) {
        lines.append("$from: $text\n")
    }

    override fun add(video: View) {
        val height = (VIDEO_HEIGHT_DP * resources.displayMetrics.density).toInt()
        videos.addView(video, LinearLayout.LayoutParams(MATCH_PARENT, height))
    }

    override fun remove(video: View) {
        videos.removeView(video)
    }

    override fun show(connected: Boolean, microphone: Boolean) {
        join.visibility = if (connected) View.GONE else View.VISIBLE
        controls.visibility = if (connected) View.VISIBLE else View.GONE
        this.microphone.isChecked = microphone
    }

    private fun say() {
        call.say(message.text.toString())
        message.text.clear()
    }

    private fun column() = LinearLayout(context).apply { orientation = LinearLayout.VERTICAL }

    private fun button(name: String, pressed: () -> Unit) =
        Button(context).apply {
            text = name
            setOnClickListener { pressed() }
        }
}
