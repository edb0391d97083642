// A call on Android: from Roomkey's admission to seeing and hearing the others.

package com.example.call

import android.content.Context
import android.util.Log
import android.view.View
import com.opentok.android.Connection
import com.opentok.android.OpentokError
import com.opentok.android.Publisher
import com.opentok.android.PublisherKit
import com.opentok.android.Session
import com.opentok.android.Stream
import com.opentok.android.Subscriber
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.launch
import org.json.JSONObject

/** What a call shows. */
interface Screen {
    fun tell(text: String)
    fun chat(from: String, text: String)
    fun add(video: View)
    fun remove(video: View)
    fun show(connected: Boolean, microphone: Boolean)
}

class Call(
    private val context: Context,
    private val scope: CoroutineScope,
    private val door: Door,
    private val screen: Screen,
    private val audioOnly: Boolean,
) : Session.SessionListener,
    Session.ReconnectionListener,
    Session.SignalListener,
    PublisherKit.PublisherListener,
    PublisherKit.MuteListener {
    private var session: Session? = null
    private var publisher: Publisher? = null
    private val subscribers = mutableMapOf<String, Subscriber>()
    private var role = ""
    private var renewed = false
    private var entering = false
    private var microphone = true

    fun join() {
        if (entering || session != null) return // Pressed twice.
        door.forget() // If Roomkey no longer lets the user in, it says why.
        renewed = false
        enter()
    }

    fun leave() {
        session?.disconnect()
    }

    fun say(text: String) {
        session?.sendSignal("chat", text)
    }

    fun switchCamera() {
        publisher?.cycleCamera()
    }

    fun setMicrophone(on: Boolean) {
        publisher?.setPublishAudio(on)
        showMicrophone(on)
    }

    fun pause() {
        session?.onPause()
    }

    fun resume() {
        session?.onResume()
    }

    private fun enter() {
        entering = true
        screen.tell("Joining …")
        scope.launch {
            try {
                connect(door.admission { screen.tell(sentence(it, "Asking again.")) })
            } catch (refusal: Refusal) {
                screen.tell(sentence(refusal))
            } finally {
                entering = false
            }
        }
    }

    private fun showMicrophone(on: Boolean) {
        microphone = on
        screen.show(connected = true, microphone = on)
    }

    private fun connect(admission: Admission) {
        role = admission.role
        val session = Session.Builder(context, admission.apiKey, admission.sessionId).build()
        session.setSessionListener(this)
        session.setReconnectionListener(this)
        session.setSignalListener(this)
        session.connect(admission.token)
        this.session = session
    }

    override fun onConnected(session: Session) {
        renewed = false
        screen.tell("You are in.")
        showMicrophone(microphone)
        if (role == "subscriber") return
        val publisher = Publisher.Builder(context).videoTrack(!audioOnly).build()
        publisher.setPublisherListener(this)
        publisher.setMuteListener(this)
        publisher.setPublishAudio(microphone) // Who was muted before the network failed stays so.
        session.publish(publisher)
        publisher.view?.let { screen.add(it) }
        this.publisher = publisher
    }

    override fun onStreamReceived(session: Session, stream: Stream) {
        if (role == "publisheronly") return
        val subscriber = Subscriber.Builder(context, stream).build()
        subscriber.setSubscribeToVideo(!audioOnly)
        session.subscribe(subscriber)
        subscribers[stream.streamId] = subscriber
        subscriber.view?.let { screen.add(it) }
    }

    override fun onStreamDropped(session: Session, stream: Stream) {
        subscribers.remove(stream.streamId)?.view?.let { screen.remove(it) }
    }

    override fun onReconnecting(session: Session) {
        screen.tell("The connection is lost. Wait …")
    }

    override fun onReconnected(session: Session) {
        screen.tell("You are in again.")
    }

    /** Left, or put out by a moderator, or for want of a network: no client is told which. */
    override fun onDisconnected(session: Session) {
        this.session = null
        subscribers.values.forEach { subscriber -> subscriber.view?.let { screen.remove(it) } }
        subscribers.clear()
        publisher?.view?.let { screen.remove(it) }
        publisher = null
        screen.show(connected = false, microphone = false)
        screen.tell("You are no longer in the room.")
    }

    override fun onError(session: Session, error: OpentokError) {
        this.session = null
        if (error.errorCode == OpentokError.ErrorCode.AuthorizationFailure && !renewed) {
            renewed = true // The token has expired, or the room has another session.
            door.forget()
            enter()
        } else {
            Log.w(LOG, "The call failed: ${error.errorCode} ${error.message}")
            screen.tell("The call failed.")
        }
    }

    /** The server's signals come from nobody. */
    override fun onSignalReceived(
        session: Session,
        type: String?,
        data: String?,
        connection: Connection?,
    ) {
        if (type == "chat") {
            screen.chat(connection?.let { nameIn(it.data) } ?: "Moderator", data.orEmpty())
        }
        if (type == "roomkey-closing" && connection == null) {
            val closesAt = JSONObject(data.orEmpty()).getString("closesAt")
            screen.tell("This room closes at ${localTime(closesAt)}.")
        }
    }

    override fun onMuteForced(publisher: PublisherKit) {
        showMicrophone(false)
        screen.tell("A moderator has muted you.")
    }

    override fun onStreamCreated(publisher: PublisherKit, stream: Stream) = Unit

    override fun onStreamDestroyed(publisher: PublisherKit, stream: Stream) = Unit

    override fun onError(publisher: PublisherKit, error: OpentokError) {
        Log.w(LOG, "Not published: ${error.errorCode} ${error.message}")
        screen.tell("The others cannot see or hear you.")
    }
}
