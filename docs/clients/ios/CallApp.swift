// An app of nothing but the call, to try it.

import SwiftUI

@main
struct CallApp: App {
    var body: some Scene {
        WindowGroup {
            if let door = doorInScheme() {
                CallView(door: door, audioOnly: false)
            } else {
                Text("Set ROOMKEY and BEARER in Xcode's scheme.")
            }
        }
    }
}

/// The door that the variables of Xcode's scheme name; nil where one is missing.
/// Your app knows its address, and asks your sign-in: `Door(roomkey:room:) { renew in … }`.
@MainActor
private func doorInScheme() -> Door? {
    let scheme = ProcessInfo.processInfo.environment
    guard let roomkey = scheme["ROOMKEY"].flatMap(URL.init(string:)), let bearer = scheme["BEARER"]
    else { return nil }
    return Door(roomkey: roomkey, room: scheme["ROOM"] ?? "standup") { _ in bearer }
}
