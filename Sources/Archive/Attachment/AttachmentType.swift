/// The kinds of files that are taken as attachments, told from their first bytes; what a sender says is not trusted.
package enum AttachmentType: String, Sendable, Hashable, CaseIterable {
    case jpeg = "image/jpeg"
    case png = "image/png"
    /// What phones' browsers record (MediaRecorder).
    case webm = "audio/webm"
    case mp4 = "audio/mp4"
    case wav = "audio/wav"
    case mp3 = "audio/mpeg"
    case amr = "audio/amr"

    package init?(sniffing bytes: [UInt8]) {
        func begins(_ text: String, at offset: Int = 0) -> Bool {
            bytes.dropFirst(offset).starts(with: text.utf8)
        }
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
            self = .jpeg
        } else if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            self = .png
        } else if bytes.starts(with: [0x1A, 0x45, 0xDF, 0xA3]) {
            self = .webm
        } else if begins("ftyp", at: 4) {
            self = .mp4
        } else if begins("RIFF"), begins("WAVE", at: 8) {
            self = .wav
        } else if begins("#!AMR") {
            self = .amr
        } else if begins("ID3") || (bytes.count > 2 && bytes[0] == 0xFF && bytes[1] & 0xE6 == 0xE2) {
            self = .mp3
        } else {
            return nil
        }
    }

    /// What a file's name ends with.
    package var fileSuffix: String {
        switch self {
        case .jpeg: "jpg"
        case .png: "png"
        case .webm: "webm"
        case .mp4: "m4a"
        case .wav: "wav"
        case .mp3: "mp3"
        case .amr: "amr"
        }
    }

    package var isPicture: Bool { self == .jpeg || self == .png }

    /// The largest that is taken, in bytes: a picture of any phone, five minutes of speech.
    package var maximumBytes: Int { isPicture ? 10 << 20 : 5 << 20 }
}
