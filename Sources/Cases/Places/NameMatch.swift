/// How much two names have in common.
enum NameMatch {
    /// 1 for the same name; characters weigh more than sounds, sounds more than blurred sounds.
    static func score(_ wanted: PlaceName, _ name: PlaceName) -> Double {
        if wanted.text == name.text { return 1 }
        let text = likeness(wanted.text, name.text)
        let sound = wanted.sound
        let other = name.sound
        let heard = sound == other ? 0.97 : 0.95 * likeness(sound, other)
        let blurred = 0.93 * likeness(wanted.blur, name.blur)
        // Of two that sound alike, the one that is also written more alike.
        return max(text, max(heard, blurred) * 0.98 + text * 0.02)
    }

    /// 1 − (steps to turn one into the other) ÷ (length of the longer); a swap of neighbours is one step. What is left out
    /// at the end of the wanted text costs less: people type beginnings.
    private static func likeness<Element: Equatable>(_ wanted: [Element], _ name: [Element]) -> Double {
        guard !wanted.isEmpty, !name.isEmpty else { return 0 }
        let (rows, columns) = (wanted.count, name.count)
        if rows > 64 || columns > 64 { return 0 }
        var before2 = Array(repeating: 0, count: columns + 1)
        var before = Array(0...columns)
        var current = before
        for row in 1...rows {
            current[0] = row
            for column in 1...columns {
                let isSame = wanted[row - 1] == name[column - 1]
                var steps = min(before[column] + 1, current[column - 1] + 1, before[column - 1] + (isSame ? 0 : 1))
                if row > 1, column > 1, wanted[row - 1] == name[column - 2], wanted[row - 2] == name[column - 1] {
                    steps = min(steps, before2[column - 2] + 1)
                }
                current[column] = steps
            }
            (before2, before, current) = (before, current, before2)
        }
        let whole = Double(before[columns])
        // The best match of a beginning of the name, its missing rest at a fifth of the price.
        let beginning = (1...columns).map { Double(before[$0]) + Double(columns - $0) * 0.2 }.min() ?? whole
        return 1 - min(whole, beginning) / Double(max(rows, columns))
    }
}

/// Finds names that share pieces with a text, without comparing all.
struct NameIndex: Sendable {
    /// Names by pairs of neighbouring letters of their blurred sound, and by pairs of characters.
    private let byPair: [UInt32: [Int32]]
    private let count: Int

    private static let most = 60

    /// - Parameter names: every entry's names.
    init(_ names: [[PlaceName]]) {
        var byPair: [UInt32: [Int32]] = [:]
        for (entry, names) in names.enumerated() {
            var pairs: Set<UInt32> = []
            for name in names { pairs.formUnion(Self.pairs(name)) }
            for pair in pairs { byPair[pair, default: []].append(Int32(entry)) }
        }
        self.byPair = byPair
        count = names.count
    }

    private static func pairs(_ name: PlaceName) -> Set<UInt32> {
        let sound = name.blur
        var found: Set<UInt32> = []
        for place in sound.indices.dropLast(2) {
            found.insert(UInt32(sound[place]) << 16 | UInt32(sound[place + 1]) << 8 | UInt32(sound[place + 2]))
        }
        if sound.count < 3 { found.insert(sound.reduce(0) { $0 << 8 | UInt32($1) }) }
        // Characters apart from sounds: the high bit is theirs.
        for (first, second) in zip(name.text, name.text.dropFirst()) {
            var hash = UInt32(2_166_136_261)
            for scalar in [first.unicodeScalars.first, second.unicodeScalars.first] {
                hash = (hash ^ (scalar?.value ?? 0)) &* 16_777_619
            }
            found.insert(hash | 0x8000_0000)
        }
        return found
    }

    /// The entries that share most with a text, at most 60; a piece that many entries have says little and counts less.
    func candidates(_ wanted: PlaceName) -> [Int] {
        var weights = Array(repeating: Float(0), count: count)
        var touched: [Int32] = []
        let lists = Self.pairs(wanted).compactMap { byPair[$0] }.sorted { $0.count < $1.count }
        for list in lists {
            // Rare pieces have chosen already; a common one (路, 号) only adds to what is chosen.
            let weight = 1 / Float(list.count + 10).squareRoot()
            if list.count > 4000, touched.count > 200 {
                continue
            }
            for entry in list {
                if weights[Int(entry)] == 0 { touched.append(entry) }
                weights[Int(entry)] += weight
            }
        }
        // The best so far in order: sorting all that share a common piece would take longer than everything else.
        var best: [(weight: Float, entry: Int32)] = []
        for entry in touched {
            let weight = weights[Int(entry)]
            if best.count == Self.most, let last = best.last,
                weight < last.weight || (weight == last.weight && entry > last.entry)
            {
                continue
            }
            let place = best.lastIndex { $0.weight > weight || ($0.weight == weight && $0.entry < entry) } ?? -1
            best.insert((weight, entry), at: place + 1)
            if best.count > Self.most { best.removeLast() }
        }
        return best.map { Int($0.entry) }
    }
}
