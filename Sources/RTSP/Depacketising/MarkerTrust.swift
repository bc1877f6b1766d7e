/// Whether a stream's marker bits end its pictures: learned from the stream itself.
///
/// RFC 6184 §5.1 and RFC 7798 §4.1 say so. Cameras set them on every packet, on every slice, on parameter sets, or never;
/// and a picture that was ended wrongly can't be mended.
struct MarkerTrust: Sendable {
    /// So many markers must have been followed by another timestamp before one ends a picture at once.
    static let proof = 8

    private var kept = 0
    /// A marked slice was followed by another one of the same picture.
    private(set) var hasLied = false
    /// Every picture so far ended with a marker.
    private(set) var marksAll = true

    /// A marker ends the picture, without waiting for the next one to begin.
    var endsPictures: Bool { kept >= Self.proof && !hasLied }

    /// A picture has ended because the timestamp changed, with nothing lost between.
    mutating func pictureEnded(isMarked: Bool) {
        if isMarked { kept = min(kept + 1, Self.proof) } else { marksAll = false }
    }

    mutating func lied() { hasLied = true }
}
