/// A place in a JSON text: names and list positions, like `data.samples[0].level`; one that begins with `$` counts from
/// the root, also within a batch.
package struct JSONPath: Sendable, Hashable, Codable, CustomStringConvertible {
    package enum Step: Sendable, Hashable {
        case name(String)
        case index(Int)
    }

    /// Steps that a path may have.
    package static let maximumSteps = 16

    package let description: String
    package let steps: [Step]
    package let isFromRoot: Bool

    /// A path that is known to be right; anything else stays empty.
    init(_ text: StaticString) {
        self = JSONPath(text.description) ?? JSONPath(description: "", steps: [], isFromRoot: false)
    }

    private init(description: String, steps: [Step], isFromRoot: Bool) {
        self.description = description
        self.steps = steps
        self.isFromRoot = isFromRoot
    }

    /// - Returns: nil when the text is no path.
    package init?(_ text: String) {
        guard text.utf8.count <= 512 else { return nil }
        var rest = text[...]
        let fromRoot = rest.first == "$"
        if fromRoot {
            rest.removeFirst()
            if rest.first == "." { rest.removeFirst() }
        }
        var steps: [Step] = []
        for part in rest.isEmpty ? [] : rest.split(separator: ".", omittingEmptySubsequences: false) {
            let name = part.prefix { $0 != "[" }
            if !name.isEmpty { steps.append(.name(String(name))) } else if !part.hasPrefix("[") { return nil }
            var indexes = part.dropFirst(name.count)
            while !indexes.isEmpty {
                guard indexes.first == "[", let end = indexes.firstIndex(of: "]"),
                    let index = Int(indexes[indexes.index(after: indexes.startIndex)..<end]), index >= 0
                else { return nil }
                steps.append(.index(index))
                indexes = indexes[indexes.index(after: end)...]
            }
        }
        guard steps.count <= Self.maximumSteps, fromRoot || !steps.isEmpty else { return nil }
        self.init(description: text, steps: steps, isFromRoot: fromRoot)
    }

    package static func == (left: JSONPath, right: JSONPath) -> Bool { left.description == right.description }

    package func hash(into hasher: inout Hasher) { hasher.combine(description) }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let path = JSONPath(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "no path: \(text.prefix(40))")
        }
        self = path
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
