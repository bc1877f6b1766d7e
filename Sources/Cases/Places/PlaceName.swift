import Foundation

/// A place's name as it is compared: without what people write differently, and as it sounds.
struct PlaceName: Sendable, Hashable {
    /// Letters, digits and characters in one width and case, numbers in Arabic digits, without blanks and marks.
    let text: [Character]
    /// The sound, syllable by syllable, without tones; other letters and digits one by one.
    let syllables: [String]
    /// The syllables run together.
    let sound: [UInt8]
    /// The sound without what people mix up.
    let blur: [UInt8]

    init(_ name: String) {
        let normal = Self.normalised(name)
        self.init(normal: normal, latin: Self.latin(normal))
    }

    private init(normal: String, latin: String) {
        text = Array(normal)
        syllables = Self.syllables(latin)
        sound = syllables.flatMap { Array($0.utf8) }
        blur = Self.blurred(sound)
    }

    /// Many names at once: the system's table of sounds takes about a millisecond to be asked, however much is asked.
    static func all(_ names: [String]) -> [PlaceName] {
        var found: [PlaceName] = []
        found.reserveCapacity(names.count)
        for start in stride(from: 0, to: names.count, by: 2000) {
            let normal = names[start..<min(start + 2000, names.count)].map(normalised)
            let latin = latin(normal.joined(separator: "\n"))
                .split(separator: "\n", omittingEmptySubsequences: false)
            for (index, name) in normal.enumerated() {
                found.append(PlaceName(normal: name, latin: index < latin.count ? String(latin[index]) : name))
            }
        }
        return found
    }

    /// Chinese numerals of house numbers: digits, and what they are counted in.
    private static let numerals: [Character: Int] = [
        "零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9,
        "十": 10, "百": 100, "千": 1000,
    ]

    /// 一二 and 十二 are 12, 一百零五 is 105.
    private static func value(_ text: ArraySlice<Character>) -> Int {
        var sum = 0
        var digits = 0
        for character in text.prefix(9) {
            let numeral = numerals[character] ?? 0
            if numeral < 10 {
                digits = digits * 10 + numeral
            } else {
                sum += max(1, digits) * numeral
                digits = 0
            }
        }
        return sum + digits
    }

    private static func normalised(_ name: String) -> String {
        var found: [Character] = []
        for character in name.precomposedStringWithCompatibilityMapping.lowercased()
        where character.isLetter || character.isNumber {
            found.append(character)
        }
        // Only before 号: 一 in 第一街 is part of a name.
        if let mark = found.lastIndex(of: "号") {
            let start = found[..<mark].lastIndex { numerals[$0] == nil }.map { $0 + 1 } ?? 0
            if start < mark { found.replaceSubrange(start..<mark, with: String(value(found[start..<mark]))) }
        }
        return String(found)
    }

    /// The sounds of characters, by the system's own table; polyphones get the one reading it knows, on both sides alike.
    private static func latin(_ text: String) -> String {
        let latin = text.applyingTransform(.mandarinToLatin, reverse: false) ?? text
        return (latin.applyingTransform(.stripDiacritics, reverse: false) ?? latin).lowercased()
    }

    private static func syllables(_ latin: String) -> [String] {
        latin.split { !$0.isLetter && !$0.isNumber }.map(String.init)
    }

    /// Sounds that people mix up: retroflex and flat, front and back nasals, n and l.
    private static func blurred(_ sound: [UInt8]) -> [UInt8] {
        var found: [UInt8] = []
        found.reserveCapacity(sound.count)
        for (index, byte) in sound.enumerated() {
            let before = index > 0 ? sound[index - 1] : 0
            let isRetroflex =
                byte == UInt8(ascii: "h") && [UInt8(ascii: "z"), UInt8(ascii: "c"), UInt8(ascii: "s")].contains(before)
            let isBackNasal = byte == UInt8(ascii: "g") && before == UInt8(ascii: "n")
            if isRetroflex || isBackNasal { continue }
            found.append(byte == UInt8(ascii: "l") ? UInt8(ascii: "n") : byte)
        }
        return found
    }
}
