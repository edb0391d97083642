// A call on iOS: from Roomkey's admission to seeing and hearing the others.

import OpenTok
import UIKit

private let authorizationFailure = 1004 // OTAuthorizationFailure in OTError.h

/// What a call shows.
@MainActor
protocol Screen: AnyObject {
    func tell(_ text: String)
    func chat(from sender: String, text: String)
    func add(video: UIView)
    func remove(video: UIView)
    func show(connected: Bool, microphone: Bool)
}

@MainActor
final class Call: NSObject {
    private let door: Door
    private let audioOnly: Bool
    private weak var screen: Screen?
    private var session: OTSession?
    private var publisher: OTPublisher?
    private var subscribers: [String: OTSubscriber] = [:]
    private var role = ""
    private var renewed = false
    private var entering: Task<Void, Never>?
    private var microphone = true

    init(door: Door, screen: Screen, audioOnly: Bool) {
        self.door = door
        self.screen = screen
        self.audioOnly = audioOnly
    }

    func join() {
        guard entering == nil, session == nil else { return } // Pressed twice.
        door.forget() // If Roomkey no longer lets the user in, it says why.
        renewed = false
        enter()
    }

    func leave() {
        entering?.cancel() // Who waits to be let in waits no longer.
        var error: OTError?
        session?.disconnect(&error)
    }

    func say(_ text: String) {
        var error: OTError?
        session?.signal(withType: "chat", string: text, connection: nil, error: &error)
        if error != nil { screen?.tell("Your message was not sent.") }
    }

    func switchCamera() {
        guard let publisher else { return }
        publisher.cameraPosition = publisher.cameraPosition == .front ? .back : .front
    }

    func setMicrophone(_ on: Bool) {
        publisher?.publishAudio = on
        showMicrophone(on)
    }

    private func enter() {
        screen?.tell("Joining …")
        entering = Task {
            do {
                connect(
                    try await door.admission { screen?.tell(sentence($0, next: "Asking again.")) }
                )
            } catch let refusal as Refusal {
                screen?.tell(sentence(refusal))
            } catch is CancellationError {
                screen?.tell("You wait no longer.")
            } catch {
                callFailed(error)
            }
            entering = nil
        }
    }

    private func connect(_ admission: Admission) {
        role = admission.role
        session = OTSession(
            apiKey: admission.apiKey, sessionId: admission.sessionId, delegate: self
        )
        var error: OTError?
        session?.connect(withToken: admission.token, error: &error)
        if let error {
            session = nil
            callFailed(error)
        }
    }

    private func callFailed(_ error: any Error) {
        logger.warning("The call failed: \(error.localizedDescription)")
        screen?.tell("The call failed.")
    }

    private func showMicrophone(_ on: Bool) {
        microphone = on
        screen?.show(connected: true, microphone: on)
    }

    private func publish(to session: OTSession) {
        let settings = OTPublisherSettings()
        settings.videoTrack = !audioOnly
        guard let publisher = OTPublisher(delegate: self, settings: settings) else { return }
        publisher.publishAudio = microphone // Who was muted before the network failed stays so.
        var error: OTError?
        session.publish(publisher, error: &error)
        if error != nil { screen?.tell("The others cannot see or hear you.") }
        if let view = publisher.view { screen?.add(video: view) }
        self.publisher = publisher
    }
}

extension Call: OTSessionDelegate {
    func sessionDidConnect(_ session: OTSession) {
        renewed = false
        screen?.tell("You are in.")
        showMicrophone(microphone)
        if role != "subscriber" { publish(to: session) }
    }

    func session(_ session: OTSession, streamCreated stream: OTStream) {
        guard role != "publisheronly" else { return }
        guard let subscriber = OTSubscriber(stream: stream, delegate: self) else { return }
        subscriber.subscribeToVideo = !audioOnly
        var error: OTError?
        session.subscribe(subscriber, error: &error)
        subscribers[stream.streamId] = subscriber
        if let view = subscriber.view { screen?.add(video: view) }
    }

    func session(_ session: OTSession, streamDestroyed stream: OTStream) {
        let subscriber = subscribers.removeValue(forKey: stream.streamId)
        if let view = subscriber?.view { screen?.remove(video: view) }
    }

    func sessionDidBeginReconnecting(_ session: OTSession) {
        screen?.tell("The connection is lost. Wait …")
    }

    func sessionDidReconnect(_ session: OTSession) {
        screen?.tell("You are in again.")
    }

    /// Left, or put out by a moderator, or for want of a network: no client is told which.
    func sessionDidDisconnect(_ session: OTSession) {
        for subscriber in subscribers.values { subscriber.view?.removeFromSuperview() }
        subscribers.removeAll()
        if let view = publisher?.view { screen?.remove(video: view) }
        publisher = nil
        self.session = nil
        screen?.show(connected: false, microphone: false)
        screen?.tell("You are no longer in the room.")
    }

    func session(_ session: OTSession, didFailWithError error: OTError) {
        self.session = nil
        guard error.code == authorizationFailure, !renewed else {
            callFailed(error)
            return
        }
        renewed = true // The token has expired, or the room has another session.
        door.forget()
        enter()
    }

    /// The server's signals come from nobody.
    func session(
        _ session: OTSession,
        receivedSignalType type: String?,
        from connection: OTConnection?,
        with string: String?
    ) {
        if type == "chat" {
            let sender = connection == nil ? "Moderator" : name(in: connection?.data)
            screen?.chat(from: sender, text: string ?? "")
        }
        if type == "roomkey-closing", connection == nil {
            screen?.tell("This room closes at \(localTime(closingTime(in: string))).")
        }
    }
}

extension Call: OTPublisherDelegate {
    func muteForced(_ publisher: OTPublisherKit) {
        showMicrophone(false)
        screen?.tell("A moderator has muted you.")
    }

    func publisher(_ publisher: OTPublisherKit, didFailWithError error: OTError) {
        logger.warning("Not published: \(error.localizedDescription)")
        screen?.tell("The others cannot see or hear you.")
    }
}

extension Call: OTSubscriberDelegate {
    func subscriberDidConnect(toStream subscriber: OTSubscriberKit) {}

    func subscriber(_ subscriber: OTSubscriberKit, didFailWithError error: OTError) {
        logger.warning("Not subscribed: \(error.localizedDescription)")
        screen?.tell("Somebody cannot be seen or heard.")
    }
}
