// An app of nothing but the call, to try it.

import SwiftUI

@main
struct CallApp: App {
    @State private var invited: Door?

    var body: some Scene {
        WindowGroup {
            Group {
                if let door = invited ?? doorInScheme() {
                    CallView(door: door, audioOnly: false).id(ObjectIdentifier(door))
                } else {
                    Text("Set ROOMKEY and BEARER in Xcode's scheme, or open a link.")
                }
            }
            .onOpenURL { invited = invitedDoor(by: $0) ?? invited }
        }
    }
}

/// The door of an invitation's link: `https://clinic.example.com/join#CODE`.
@MainActor
private func invitedDoor(by link: URL) -> Door? {
    guard let code = link.fragment(), let roomkey = URL(string: "https://roomkey.example.com")
    else { return nil }
    return Door(
        roomkey: roomkey, invitation: Invitation(code: code, guestKey: guestKey(for: code))
    )
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
