// Asks Roomkey to let the user in.

import CryptoKit
import Foundation
import os

/// What the console shows the guide's lines under; it hides causes on a user's phone.
let logger = Logger(subsystem: "com.example.call", category: "Roomkey")

private let timeout: TimeInterval = 10 // Roomkey answers within 8 seconds once it runs.
private let waitingTimeout: TimeInterval = 5 // Who waits must ask again in time.
private let asksAgainSeconds = 5.0 // Roomkey's own pace for those who wait.
private let lostAnswerSeconds = 2.0
private let keyBytes = 24
private let margin: TimeInterval = 30 // A token must outlast the time that connecting takes.

/// Refusals that stay the same, however often the user asks.
private let permanent: Set = [
    "banned",
    "body_too_large",
    "feature_disabled",
    "invalid_field",
    "invitation_invalid",
    "malformed_json",
    "method_not_allowed",
    "no_such_route",
    "not_a_member",
    "not_a_moderator",
    "role_not_allowed",
    "room_closed",
    "room_not_found",
    "turned_away",
    "unauthenticated",
]

/// What is needed to connect, out of Roomkey's answer.
struct Admission: Decodable {
    let apiKey: String
    let sessionId: String
    let token: String
    let role: String
    let expiresAt: Date
    let serverTime: Date
}

/// Why the user is not let in: Roomkey's `code`, or one of the four that the Door gives itself.
struct Refusal: Error {
    let code: String
    let detail: String
    var retryAfterSeconds: String?
    var opensAt: Date?
    /// How many wait who came before, where a moderator must let the user in.
    var ahead = 0
    var cause: (any Error)?
}

/// What a guest comes by, who has no account.
struct Invitation: Encodable {
    let code: String
    let guestKey: String
    var name: String?
}

/// This device's key for an invitation. With the same key the user is the same guest: no new try
/// takes another use or another seat. What is kept does not tell the code.
func guestKey(for code: String, in kept: UserDefaults = .standard) -> String {
    let hash = Data(SHA256.hash(data: Data(code.utf8)))
    let place = "guest-key-\(base64(hash))"
    if let key = kept.string(forKey: place) { return key }
    // Apple's generator is one for secrets.
    let key = base64(Data((0 ..< keyBytes).map { _ in UInt8.random(in: 0 ... 255) }))
    kept.set(key, forKey: place)
    return key
}

private func base64(_ data: Data) -> String {
    data.base64EncodedString()
        .replacingOccurrences(of: "+", with: "-")
        .replacingOccurrences(of: "/", with: "_")
        .replacingOccurrences(of: "=", with: "")
}

/// The way into one room, for one user: one who is signed in, or a guest.
///
/// `bearer(true)` must give a new bearer, because Roomkey has refused the one before.
@MainActor
final class Door {
    private let roomkey: URL
    private let room: String
    private let invitation: Invitation?
    private let bearer: (_ renew: Bool) async throws -> String
    private var kept: Admission?
    private var goodUntil = ContinuousClock.now
    private var patience = timeout

    init(roomkey: URL, room: String, bearer: @escaping (_ renew: Bool) async throws -> String) {
        self.roomkey = roomkey
        self.room = room
        self.invitation = nil
        self.bearer = bearer
    }

    init(roomkey: URL, invitation: Invitation) {
        self.roomkey = roomkey
        self.room = ""
        self.invitation = invitation
        self.bearer = { _ in "" }
    }

    /// The admission from before while it lasts, else a new one. Throws a Refusal, or a
    /// CancellationError.
    ///
    /// `waits` hears that the user must wait for a moderator, and asking goes on until one decides.
    /// A failure that may pass ends no wait: `waits` hears of it, too. Who cancels the task waits
    /// no longer.
    func admission(waits: (Refusal) -> Void) async throws -> Admission {
        if let kept, ContinuousClock.now < goodUntil { return kept }
        let askedAt = ContinuousClock.now
        let admission: Admission
        do {
            admission = try await admitted(waits: waits)
        } catch let refusal as Refusal {
            let cause = refusal.cause.map { "\($0)" } ?? "Roomkey's answer"
            logger.warning("Not admitted: \(refusal.code, privacy: .public): \(cause)")
            throw refusal
        }
        // Both times are the server's: the clock of this device may be wrong.
        let lifetime = admission.expiresAt.timeIntervalSince(admission.serverTime)
        goodUntil = askedAt + .seconds(lifetime - margin)
        kept = admission
        return admission
    }

    /// OpenTok has refused the token: the next admission is a new one.
    func forget() {
        kept = nil
    }

    private func admitted(waits: (Refusal) -> Void) async throws -> Admission {
        patience = timeout
        while true {
            do {
                if let invitation { return try await ask(as: invitation) }
                return try await askTwiceAtMost()
            } catch let refusal as Refusal {
                try Task.checkCancellation()
                let waited = patience == waitingTimeout
                guard let pause = waitingPause(after: refusal, waited: waited)
                else { throw refusal }
                patience = waitingTimeout
                waits(refusal)
                try await Task.sleep(for: .seconds(pause))
            }
        }
    }

    private func askTwiceAtMost() async throws -> Admission {
        do {
            return try await ask(with: currentBearer(renew: false))
        } catch let refusal as Refusal where refusal.code == "unauthenticated" {
            return try await ask(with: currentBearer(renew: true))
        }
    }

    private func currentBearer(renew: Bool) async throws -> String {
        do {
            return try await bearer(renew)
        } catch {
            throw Refusal(code: "no_bearer", detail: "The sign-in gave no bearer.", cause: error)
        }
    }

    private func ask(with bearer: String) async throws -> Admission {
        var request = URLRequest(url: roomkey.appending(components: "rooms", room, "tokens"))
        request.setValue("Bearer \(bearer)", forHTTPHeaderField: "Authorization")
        return try await answer(to: request)
    }

    private func ask(as guest: Invitation) async throws -> Admission {
        var request = URLRequest(url: roomkey.appending(components: "invitations", "tokens"))
        request.httpBody = try JSONEncoder().encode(guest)
        return try await answer(to: request)
    }

    private func answer(to asked: URLRequest) async throws -> Admission {
        var request = asked
        request.httpMethod = "POST"
        request.timeoutInterval = patience
        do {
            let (body, response) = try await URLSession.shared.data(for: request)
            return try admission(in: body, of: response as? HTTPURLResponse)
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            throw unreachable(error)
        }
    }

    private func admission(in body: Data, of answer: HTTPURLResponse?) throws -> Admission {
        let status = answer?.statusCode ?? 0
        if status == 201, let admission = try? decoder.decode(Admission.self, from: body) {
            return admission
        }
        if status == 202, let wait = try? decoder.decode(Wait.self, from: body) {
            throw Refusal(
                code: "must_wait",
                detail: "A moderator must let you in.",
                retryAfterSeconds: answer?.value(forHTTPHeaderField: "Retry-After"),
                ahead: wait.waiting.ahead
            )
        }
        guard let problem = try? decoder.decode(Problem.self, from: body) else {
            // Without its cause: a parser's error may quote what it read, and so a token.
            throw Refusal(
                code: "unreadable", detail: "The service gave an odd answer: HTTP \(status)."
            )
        }
        throw Refusal(
            code: problem.code,
            detail: problem.detail,
            retryAfterSeconds: answer?.value(forHTTPHeaderField: "Retry-After"),
            opensAt: problem.opensAt
        )
    }

    /// The network fails, or iOS itself forbids http: App Transport Security.
    private func unreachable(_ error: any Error) -> Refusal {
        if (error as? URLError)?.code == .appTransportSecurityRequiresSecureConnection {
            return Refusal(
                code: "cleartext_not_permitted", detail: "iOS forbids http here.", cause: error
            )
        }
        return Refusal(code: "unreachable", detail: "The service cannot be reached.", cause: error)
    }
}

/// The seconds after which somebody who waits asks again, or nil if the refusal ends the wait.
private func waitingPause(after refusal: Refusal, waited: Bool) -> Double? {
    let seconds = refusal.retryAfterSeconds.flatMap(Double.init) ?? asksAgainSeconds
    if refusal.code == "must_wait" { return seconds }
    if !waited || permanent.contains(refusal.code) || seconds > asksAgainSeconds { return nil }
    return refusal.code == "unreachable" ? lostAnswerSeconds : seconds
}

/// What the user is told; `next` says when the next try is.
func sentence(_ refusal: Refusal, next: String? = nil) -> String {
    let next = next ?? again(refusal)
    switch refusal.code {
    case "unauthenticated": return "Please sign in again."
    case "no_bearer":
        return "Your sign-in could not be renewed. Check the network, or sign in again."
    case "cleartext_not_permitted": return "This build of the app may only use https."
    case "banned": return "A moderator has banned you from this room."
    case "not_a_member": return "This room is for its members only."
    case "room_closed": return "This room is closed."
    case "room_locked": return "This room is locked. Ask somebody inside to unlock it."
    case "room_not_open": return "This room opens at \(localTime(refusal.opensAt))."
    case "room_full": return "This room is full. \(next)"
    case "must_wait": return "The host will let you in soon. \(place(refusal.ahead))"
    case "turned_away": return "The host did not let you in. \(next)"
    case "waiting_room_full": return "Too many people wait already. \(next)"
    case "invitation_invalid": return "This link is no longer good. Ask for a new one."
    case _ where permanent.contains(refusal.code): return refusal.detail
    default: return "\(refusal.detail) \(next)"
    }
}

/// A time of Roomkey's, as the user's clock shows it.
func localTime(_ time: Date?) -> String {
    guard let time else { return "a later time" }
    return time.formatted(date: .abbreviated, time: .shortened)
}

/// The name in what Roomkey has written into a connection; GET /token writes it as a form does.
func name(in connectionData: String?) -> String {
    let data = connectionData ?? ""
    if data.hasPrefix("username=") {
        let fields = URLComponents(string: "?" + data)?.queryItems ?? []
        for field in fields where field.name == "username" { return field.value ?? "Somebody" }
    }
    let person = try? decoder.decode(Person.self, from: Data(data.utf8))
    return person?.name ?? person?.userId ?? "Somebody"
}

/// When the room closes, by the data of the signal that says so.
func closingTime(in data: String?) -> Date? {
    guard let data = data?.data(using: .utf8) else { return nil }
    return try? decoder.decode(Closing.self, from: data).closesAt
}

private let decoder: JSONDecoder = {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .custom {
        try time(in: $0.singleValueContainer().decode(String.self))
    }
    return decoder
}()

/// Roomkey writes milliseconds where there are any; Foundation wants to know which.
private func time(in text: String) throws -> Date {
    let toSeconds = try? Date(text, strategy: .iso8601)
    let toMilliseconds = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    return try toSeconds ?? Date(text, strategy: toMilliseconds)
}

private struct Closing: Decodable {
    let closesAt: Date
}

private struct Wait: Decodable {
    struct Place: Decodable {
        let ahead: Int
    }

    let waiting: Place
}

private struct Problem: Decodable {
    let code: String
    let detail: String
    let opensAt: Date?
}

private struct Person: Decodable {
    let userId: String
    let name: String?
}

private func place(_ ahead: Int) -> String {
    switch ahead {
    case 0: return "You are next."
    case 1: return "One person is before you."
    default: return "\(ahead) people are before you."
    }
}

private func again(_ refusal: Refusal) -> String {
    guard let seconds = refusal.retryAfterSeconds else { return "Please try again later." }
    return "Please try again in \(seconds) seconds."
}
