// The screen around the call.

import UIKit

final class CallController: UIViewController, Screen {
    private let room: String
    private let audioOnly: Bool
    private let bearer: () async throws -> String
    private let told = UILabel()
    private let lines = UITextView()
    private let message = UITextField()
    private let microphone = UISwitch()
    private let join = UIButton(configuration: .filled())
    private let videos = UIStackView()
    private let controls = UIStackView()
    private lazy var call = Call(
        door: Door(
            roomkey: URL(string: "https://roomkey.example.com")!, room: room, bearer: bearer
        ),
        screen: self,
        audioOnly: audioOnly
    )

    /// The bearer is your identity provider's, as your sign-in keeps it fresh.
    init(room: String, audioOnly: Bool, bearer: @escaping () async throws -> String) {
        self.room = room
        self.audioOnly = audioOnly
        self.bearer = bearer
        super.init(nibName: nil, bundle: nil)
    }

    @available(*, unavailable)
    required init?(coder: NSCoder) {
        fatalError("not from a storyboard")
    }

    override func viewDidLoad() {
        super.viewDidLoad()
        view.backgroundColor = .systemBackground
        let all = UIStackView(arrangedSubviews: [told, join, videos, controls])
        for stack in [all, videos, controls] { stack.axis = .vertical }
        all.frame = view.bounds.insetBy(dx: 16, dy: 64)
        all.autoresizingMask = [.flexibleWidth, .flexibleHeight]
        view.addSubview(all)
        told.numberOfLines = 0
        join.setTitle("Join", for: .normal)
        join.addAction(UIAction { [weak self] _ in self?.call.join() }, for: .touchUpInside)
        microphone.addAction(
            UIAction { [weak self] _ in self?.setMicrophone() }, for: .valueChanged
        )
        controls.addArrangedSubview(microphone)
        controls.addArrangedSubview(button("Switch camera") { $0.call.switchCamera() })
        controls.addArrangedSubview(message)
        controls.addArrangedSubview(button("Send") { $0.say() })
        controls.addArrangedSubview(button("Leave") { $0.call.leave() })
        controls.addArrangedSubview(lines)
        show(connected: false, microphone: true)
    }

    func tell(_ text: String) {
        told.text = text
    }

    func chat(from sender: String, text: String) {
        lines.text += "\(sender): \(text)\n"
    }

    func add(video: UIView) {
        video.heightAnchor.constraint(equalToConstant: 240).isActive = true
        videos.addArrangedSubview(video)
    }

    func remove(video: UIView) {
        video.removeFromSuperview()
    }

    func show(connected: Bool, microphone on: Bool) {
        join.isHidden = connected
        controls.isHidden = !connected
        microphone.isOn = on
    }

    private func setMicrophone() {
        call.setMicrophone(microphone.isOn)
    }

    private func say() {
        call.say(message.text ?? "")
        message.text = ""
    }

    private func button(
        _ title: String, pressed: @escaping (CallController) -> Void
    ) -> UIButton {
        let action = UIAction(title: title) { [weak self] _ in
            if let self { pressed(self) }
        }
        return UIButton(configuration: .bordered(), primaryAction: action)
    }
}
