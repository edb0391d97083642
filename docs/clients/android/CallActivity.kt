// The screen around the call.

package com.example.call

import android.Manifest.permission.CAMERA
import android.Manifest.permission.RECORD_AUDIO
import android.os.Bundle
import android.view.View
import android.widget.Button
import android.widget.CheckBox
import android.widget.EditText
import android.widget.LinearLayout
import android.widget.TextView
import androidx.activity.ComponentActivity
import androidx.activity.result.contract.ActivityResultContracts.RequestMultiplePermissions
import androidx.lifecycle.lifecycleScope

class CallActivity : ComponentActivity(), Screen {
    private lateinit var call: Call
    private lateinit var told: TextView
    private lateinit var lines: TextView
    private lateinit var videos: LinearLayout
    private lateinit var join: Button
    private lateinit var controls: LinearLayout
    private lateinit var microphone: CheckBox

    private val permissions =
        registerForActivityResult(RequestMultiplePermissions()) { granted ->
            if (granted.values.all { it }) {
                call.join()
            } else {
                tell("Please allow this app to use your camera and microphone.")
            }
        }

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        val room = intent.getStringExtra("room") ?: "standup"
        val audioOnly = intent.getBooleanExtra("audioOnly", false)
        // The bearer is your identity provider's, as your sign-in keeps it fresh.
        val bearer = checkNotNull(intent.getStringExtra("bearer"))
        val door = Door("https://roomkey.example.com", room) { bearer }
        call = Call(this, lifecycleScope, door, this, audioOnly)
        val wanted = if (audioOnly) arrayOf(RECORD_AUDIO) else arrayOf(CAMERA, RECORD_AUDIO)
        told = TextView(this)
        lines = TextView(this)
        videos = column()
        join = button("Join") { permissions.launch(wanted) }
        microphone = CheckBox(this)
        microphone.text = "Microphone"
        microphone.setOnClickListener { call.setMicrophone(microphone.isChecked) }
        val message = EditText(this)
        controls = column()
        controls.addView(microphone)
        controls.addView(button("Switch camera") { call.switchCamera() })
        controls.addView(message)
        controls.addView(button("Send") { call.say(message.text.toString()) })
        controls.addView(button("Leave") { call.leave() })
        controls.addView(lines)
        val all = column()
        for (view in listOf(told, join, videos, controls)) all.addView(view)
        setContentView(all)
        show(connected = false, microphone = true)
    }

    override fun onPause() {
        super.onPause()
        call.pause()
    }

    override fun onResume() {
        super.onResume()
        call.resume()
    }

    override fun onDestroy() {
        call.leave()
        super.onDestroy()
    }

    override fun tell(text: String) {
        told.text = text
    }

    override fun chat(from: String, text: String) {
        lines.append("$from: $text\n")
    }

    override fun add(video: View) {
        videos.addView(video, LinearLayout.LayoutParams(480, 360))
    }

    override fun remove(video: View) {
        videos.removeView(video)
    }

    override fun show(connected: Boolean, microphone: Boolean) {
        join.visibility = if (connected) View.GONE else View.VISIBLE
        controls.visibility = if (connected) View.VISIBLE else View.GONE
        this.microphone.isChecked = microphone
    }

    private fun column() = LinearLayout(this).apply { orientation = LinearLayout.VERTICAL }

    private fun button(name: String, pressed: () -> Unit) =
        Button(this).apply {
            text = name
            setOnClickListener { pressed() }
        }
}
