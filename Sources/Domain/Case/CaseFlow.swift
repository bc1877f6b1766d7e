/// A flow template (流程模板): which of the steps that a case may take its class requires, allows or leaves out. A case
/// keeps the one that it was opened and filed under.
package struct CaseFlow: Sendable, Hashable, Codable {
    /// A step that templates decide about.
    package enum Step: String, Sendable, Hashable, Codable, CaseIterable, CodingKeyRepresentable {
        /// 核实 before filing.
        case verify
        /// A collector puts it right on the spot (小事情不大循环).
        case selfHandle
        /// The unit says that it has taken it before it says that it is done.
        case accept
        /// 公示 before it is dealt with.
        case notice
        /// 联动.
        case joint
        /// 延期.
        case extend
        /// 挂账.
        case suspend
        /// 专业核查 before the collector's.
        case inspect
        /// 核查 by a collector before closing.
        case check

        /// What holds where a template says nothing.
        package var usual: Mode {
            switch self {
            case .accept, .check: .required
            default: .allowed
            }
        }

        /// What a template may say.
        package var choices: [Mode] {
            switch self {
            case .verify, .notice, .inspect: [.required, .allowed, .never]
            case .accept, .check: [.required, .allowed]
            case .selfHandle, .joint, .extend, .suspend: [.allowed, .never]
            }
        }
    }

    package enum Mode: String, Sendable, Hashable, Codable, CaseIterable {
        case required, allowed, never
    }

    /// A slug; empty for the usual flow.
    package var id: String
    /// Only what differs from the usual.
    package private(set) var modes: [Step: Mode]

    package init(id: String = "", modes: [Step: Mode] = [:]) {
        self.id = id
        self.modes = modes.filter { $0.value != $0.key.usual }
    }

    /// What every class follows that names no other.
    package static let usual = CaseFlow()

    package subscript(step: Step) -> Mode {
        get { modes[step] ?? step.usual }
        set { modes[step] = newValue == step.usual ? nil : newValue }
    }
}
