// The call in SwiftUI: `CallView(door: door, audioOnly: false)`.

import SwiftUI

struct CallView: UIViewControllerRepresentable {
    let door: Door
    let audioOnly: Bool

    func makeUIViewController(context: Context) -> CallController {
        CallController(door: door, audioOnly: audioOnly)
    }

    func updateUIViewController(_ controller: CallController, context: Context) {}

    static func dismantleUIViewController(_ controller: CallController, coordinator: ()) {
        controller.leave()
    }
}
