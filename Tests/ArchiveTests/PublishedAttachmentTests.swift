import Archive
import Foundation
import Testing

@Suite("attachments as they are shown")
struct PublishedAttachmentTests {
    private static let picture: [UInt8] = [
        0xFF, 0xDB, 0, 3, 9, 0xFF, 0xDA, 0, 2, 1, 0xFF, 0, 2, 0xFF, 0xD0, 3, 0xFF, 0xD9,
    ]

    private static func segment(_ marker: UInt8, _ payload: [UInt8]) -> [UInt8] {
        [0xFF, marker, UInt8((payload.count + 2) >> 8), UInt8((payload.count + 2) & 255)] + payload
    }

    @Test("a JPEG loses what a phone has written into it, and what is hidden behind its end")
    func jpeg() {
        let secret = Array("Exif\0\0 GPSLatitude 32.49".utf8)
        let bytes =
            [0xFF, 0xD8] + Self.segment(0xE0, Array("JFIF\0".utf8)) + Self.segment(0xE1, secret)
            + Self.segment(0xE1, Array("http://ns.adobe.com/xap".utf8)) + Self.segment(0xED, Array("Photoshop".utf8))
            + Self.segment(0xE2, Array("ICC_PROFILE\0colours".utf8)) + Self.segment(0xE2, Array("MPF\0".utf8))
            + Self.segment(0xFE, Array("by Zhang San".utf8)) + Self.picture + Array("trailing video".utf8)
        let shown = PublishedAttachment.bytes(of: bytes, type: .jpeg)
        let expected =
            [0xFF, 0xD8] + Self.segment(0xE0, Array("JFIF\0".utf8))
            + Self.segment(0xE2, Array("ICC_PROFILE\0colours".utf8)) + Self.picture
        #expect(shown == expected)
        #expect(PublishedAttachment.bytes(of: shown, type: .jpeg) == shown)
        #expect(PublishedAttachment.isWhole(bytes, type: .jpeg))
    }

    @Test("a JPEG loses the small pictures beside the one that is shown: they may show what was cut away")
    func smallPictures() {
        let head = Array("JFIF\0".utf8) + [1, 2, 0, 0, 1, 0, 1]
        let bytes =
            [0xFF, 0xD8] + Self.segment(0xE0, head + [1, 1, 0xAA, 0xBB, 0xCC])
            + Self.segment(0xE0, Array("JFXX\0".utf8) + [0x10, 0xFF, 0xD8, 0xFF, 0xD9])
            + Self.segment(0xE0, Array("CIFF owner".utf8)) + Self.picture
        let shown = PublishedAttachment.bytes(of: bytes, type: .jpeg)
        #expect(shown == [0xFF, 0xD8] + Self.segment(0xE0, head + [0, 0]) + Self.picture)
        #expect(PublishedAttachment.bytes(of: shown, type: .jpeg) == shown)
    }

    @Test("an MP4 is walked over boxes of 64 bits, and what can't be walked is empty")
    func longBoxes() {
        func box(_ type: String, _ payload: [UInt8]) -> [UInt8] {
            [0, 0, 0, UInt8(payload.count + 8)] + Array(type.utf8) + payload
        }
        func longBox(_ type: String, _ payload: [UInt8]) -> [UInt8] {
            [0, 0, 0, 1] + Array(type.utf8) + [0, 0, 0, 0, 0, 0, 0, UInt8(payload.count + 16)] + payload
        }
        let secret = Array("+32.49+119.92/".utf8)
        let sound: [UInt8] = [5, 6, 7]
        let mp4 =
            box("ftyp", [1]) + longBox("mdat", sound)
            + longBox("moov", box("trak", longBox("udta", secret)) + box("udta", secret))
        let shown = PublishedAttachment.bytes(of: mp4, type: .mp4)
        #expect(shown.count == mp4.count)
        #expect(!String(decoding: shown, as: UTF8.self).contains("119"))
        #expect(shown.prefix(9 + 16 + 3) == mp4.prefix(9 + 16 + 3))
        for broken in [
            [0, 0, 0, 1] + Array("skip".utf8) + [255, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 3] + Array("skip".utf8),
        ] {
            let bytes = box("ftyp", [1]) + broken + box("moov", box("udta", secret))
            #expect(!String(decoding: PublishedAttachment.bytes(of: bytes, type: .mp4), as: UTF8.self).contains("119"))
        }
        // An upload that broke off keeps its sound.
        let cut = box("ftyp", [1]) + [0, 0, 0, 99] + Array("mdat".utf8) + sound
        #expect(PublishedAttachment.bytes(of: cut, type: .mp4) == cut)
    }

    @Test("a turned JPEG stays turned, in either order of bytes", arguments: [true, false])
    func orientation(isLittle: Bool) {
        let tiff: [UInt8] =
            isLittle
            ? [0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 8, 0, 0, 0]
            : [0x4D, 0x4D, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 8, 0, 0]
        let bytes =
            [0xFF, 0xD8] + Self.segment(0xE1, Array("Exif\0\0".utf8) + tiff + Array("secret".utf8)) + Self.picture
        let shown = PublishedAttachment.bytes(of: bytes, type: .jpeg)
        #expect(shown.count == 2 + 36 + Self.picture.count)
        #expect(shown[31] == 8)
        #expect(PublishedAttachment.bytes(of: shown, type: .jpeg) == shown)
    }

    @Test("every beginning of a picture is shown without a crash and without what was to be left out")
    func cutOff() {
        let bytes = [0xFF, 0xD8] + Self.segment(0xE1, Array("Exif\0\0MM\0*secret".utf8)) + Self.picture
        for count in 0..<bytes.count {
            let shown = PublishedAttachment.bytes(of: Array(bytes.prefix(count)), type: .jpeg)
            #expect(!String(decoding: shown, as: UTF8.self).contains("secret"))
            #expect(!PublishedAttachment.isWhole(Array(bytes.prefix(count)), type: .jpeg))
        }
    }

    @Test("a PNG loses texts and times")
    func png() {
        func chunk(_ type: String, _ payload: String) -> [UInt8] {
            [0, 0, 0, UInt8(payload.utf8.count)] + Array(type.utf8) + Array(payload.utf8) + [1, 2, 3, 4]
        }
        let head: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        let bytes =
            head + chunk("IHDR", "abc") + chunk("tEXt", "GPS") + chunk("eXIf", "MM") + chunk("IDAT", "x")
            + chunk("IEND", "") + [9, 9]
        let shown = PublishedAttachment.bytes(of: bytes, type: .png)
        #expect(shown == head + chunk("IHDR", "abc") + chunk("IDAT", "x") + chunk("IEND", ""))
    }

    @Test("sound keeps its place in the file, and its tags are empty")
    func sound() {
        func box(_ type: String, _ payload: [UInt8]) -> [UInt8] {
            [0, 0, 0, UInt8(payload.count + 8)] + Array(type.utf8) + payload
        }
        let secret = Array("+32.49+119.92/".utf8)
        let mp4 =
            box("ftyp", [1]) + box("moov", box("udta", secret) + box("trak", box("meta", secret))) + box("mdat", secret)
        let shown = PublishedAttachment.bytes(of: mp4, type: .mp4)
        #expect(shown.count == mp4.count)
        #expect(shown.suffix(secret.count) == secret[...])
        #expect(!String(decoding: shown.dropLast(secret.count), as: UTF8.self).contains("119"))
        let mp3 = Array("ID3".utf8) + [4, 0, 0, 0, 0, 0, 4] + Array("name".utf8) + [0xFF, 0xFB, 1, 2]
        #expect(PublishedAttachment.bytes(of: mp3, type: .mp3) == [0xFF, 0xFB, 1, 2])
        let wav =
            Array("RIFF".utf8) + [40, 0, 0, 0] + Array("WAVE".utf8) + Array("LIST".utf8) + [4, 0, 0, 0]
            + Array("here".utf8) + Array("data".utf8) + [2, 0, 0, 0, 5, 6]
        let cleaned = PublishedAttachment.bytes(of: wav, type: .wav)
        #expect(cleaned.count == wav.count)
        #expect(!String(decoding: cleaned, as: UTF8.self).contains("here"))
        #expect(cleaned.suffix(2) == [5, 6])
        let webm: [UInt8] =
            [0x1A, 0x45, 0xDF, 0xA3, 0x81, 0, 0x18, 0x53, 0x80, 0x67, 0xFF, 0x12, 0x54, 0xC3, 0x67, 0x8A]
            + Array("place name".utf8) + [0x1F, 0x43, 0xB6, 0x75, 0xFF, 7]
        let plain = PublishedAttachment.bytes(of: webm, type: .webm)
        #expect(plain.count == webm.count)
        #expect(!String(decoding: plain, as: UTF8.self).contains("place"))
        #expect(plain.suffix(6) == webm.suffix(6))
    }

    @Test("types are told from first bytes, and what is neither picture nor sound is none")
    func sniffed() {
        #expect(AttachmentType(sniffing: Array("#!AMR\n".utf8)) == .amr)
        #expect(AttachmentType(sniffing: [0, 0, 0, 24] + Array("ftypM4A ".utf8)) == .mp4)
        for other in ["<html>", "GIF89a", "%PDF-1.7", "PK\u{3}\u{4}", "", "RIFF0000AVI "] {
            #expect(AttachmentType(sniffing: Array(other.utf8)) == nil)
        }
    }
}
