// Asks Roomkey to let the user in.

import Foundation

private let timeout: TimeInterval = 10 // Roomkey answers within 8 seconds once it runs.
private let margin: TimeInterval = 30 // A token must outlast the time that connecting takes.

/// What is needed to connect, out of Roomkey's answer.
struct Admission: Decodable {
    let apiKey: String
    let sessionId: String
    let token: String
    let role: String
    let expiresAt: Date
    let serverTime: Date
}

/// Roomkey's answer where it lets nobody in; `code` is "unreachable" where there was none.
struct Refusal: Error {
    let code: String
    let detail: String
    var retryAfterSeconds: String?
    var opensAt: Date?
}

/// The way into one room, for one user.
@MainActor
final class Door {
    private let roomkey: URL
    private let room: String
    private let bearer: () async throws -> String
    private var kept: Admission?
    private var goodUntil = ContinuousClock.now

    init(roomkey: URL, room: String, bearer: @escaping () async throws -> String) {
        self.roomkey = roomkey
        self.room = room
        self.bearer = bearer
    }

    /// The admission from before while it lasts, else a new one. Throws a Refusal.
    func admission() async throws -> Admission {
        if let kept, ContinuousClock.now < goodUntil { return kept }
        let askedAt = ContinuousClock.now
        let admission = try await ask()
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

    private func ask() async throws -> Admission {
        var request = URLRequest(url: roomkey.appending(path: "rooms/\(room)/tokens"))
        request.httpMethod = "POST"
        request.timeoutInterval = timeout
        let given = try await bearer()
        request.setValue("Bearer \(given)", forHTTPHeaderField: "Authorization")
        do {
            let (body, response) = try await URLSession.shared.data(for: request)
            guard let answer = response as? HTTPURLResponse, answer.statusCode != 201 else {
                return try decoder.decode(Admission.self, from: body)
            }
            let problem = try decoder.decode(Problem.self, from: body)
            throw Refusal(
                code: problem.code,
                detail: problem.detail,
                retryAfterSeconds: answer.value(forHTTPHeaderField: "Retry-After"),
                opensAt: problem.opensAt
            )
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            throw Refusal(code: "unreachable", detail: "The service cannot be reached.")
        }
    }
}

/// What the user is told.
func sentence(_ refusal: Refusal) -> String {
    switch refusal.code {
    case "unauthenticated": return "Please sign in again."
    case "banned": return "A moderator has banned you from this room."
    case "not_a_member": return "This room is for its members only."
    case "room_closed": return "This room is closed."
    case "room_locked": return "This room is locked. Ask somebody inside to unlock it."
    case "room_not_open": return "This room opens at \(localTime(refusal.opensAt))."
    case "room_full": return "This room is full. \(again(refusal))"
    default: return "\(refusal.detail) \(again(refusal))"
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

private struct Problem: Decodable {
    let code: String
    let detail: String
    let opensAt: Date?
}

private struct Person: Decodable {
    let userId: String
    let name: String?
}

private func again(_ refusal: Refusal) -> String {
    guard let seconds = refusal.retryAfterSeconds else { return "Please try again later." }
    return "Please try again in \(seconds) seconds."
}
