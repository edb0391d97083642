// The screen around the call.

import UIKit

final class CallController: UIViewController, Screen {
    private let door: Door
    private let audioOnly: Bool
    private let told = UILabel()
    private let lines = UITextView()
    private let message = UITextField()
    private let microphone = UISwitch()
    private let join = UIButton(configuration: .filled())
    private let videos = UIStackView()
    private let controls = UIStackView()
    private lazy var call = Call(door: door, screen: self, audioOnly: audioOnly)

    init(door: Door, audioOnly: Bool) {
        self.door = door
        self.audioOnly = audioOnly
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
        scroll(all)
        told.numberOfLines = 0
        join.setTitle("Join", for: .normal)
        join.addAction(UIAction { [weak self] _ in self?.call.join() }, for: .touchUpInside)
        microphone.addAction(
            UIAction { [weak self] _ in self?.setMicrophone() }, for: .valueChanged
        )
        message.placeholder = "Message"
        message.borderStyle = .roundedRect
        lines.isEditable = false
        lines.isScrollEnabled = false // It grows, and all of the screen scrolls.
        controls.addArrangedSubview(microphone)
        controls.addArrangedSubview(button("Switch camera") { $0.call.switchCamera() })
        controls.addArrangedSubview(message)
        controls.addArrangedSubview(button("Send") { $0.say() })
        controls.addArrangedSubview(button("Leave") { $0.leave() })
        controls.addArrangedSubview(lines)
        show(connected: false, microphone: true)
    }

    /// For the host, once it shows the call no more.
    func leave() {
        call.leave()
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

    /// Every control can be reached however many videos there are, and above the keyboard.
    private func scroll(_ all: UIStackView) {
        let scroll = UIScrollView()
        view.addSubview(scroll)
        scroll.addSubview(all)
        for each in [scroll, all] { each.translatesAutoresizingMaskIntoConstraints = false }
        let content = scroll.contentLayoutGuide
        NSLayoutConstraint.activate([
            scroll.topAnchor.constraint(equalTo: view.safeAreaLayoutGuide.topAnchor),
            scroll.bottomAnchor.constraint(equalTo: view.keyboardLayoutGuide.topAnchor),
            scroll.leadingAnchor.constraint(equalTo: view.layoutMarginsGuide.leadingAnchor),
            scroll.trailingAnchor.constraint(equalTo: view.layoutMarginsGuide.trailingAnchor),
            all.topAnchor.constraint(equalTo: content.topAnchor),
            all.bottomAnchor.constraint(equalTo: content.bottomAnchor),
            all.leadingAnchor.constraint(equalTo: content.leadingAnchor),
            all.trailingAnchor.constraint(equalTo: content.trailingAnchor),
            all.widthAnchor.constraint(equalTo: scroll.frameLayoutGuide.widthAnchor),
        ])
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
