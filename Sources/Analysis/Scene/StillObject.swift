import FrameKernels

/// Something that came into the picture and stands there.
struct StillObject {
    /// 1…`StillObjectTracker.capacity`; the value of its pixels in the owner map.
    var slot: UInt8
    /// Its box on the small plane; upper bounds exclusive.
    var box: Blob
    /// Its pixels on the small plane.
    var area: Int
    /// The model's clock when it came to rest, in milliseconds.
    var restedAt: UInt32
    var confidence: Double
    /// Frames in a row that showed the background in its place, and the clock of the first.
    var goneFrames = 0
    var goneSince: UInt32 = 0
    /// The clock of the first frame in a row in which it could not be seen, for whatever reason.
    var hiddenSince: UInt32?

    /// Grows by another blob.
    mutating func adopt(_ blob: Blob) {
        box.left = min(box.left, blob.left)
        box.top = min(box.top, blob.top)
        box.right = max(box.right, blob.right)
        box.bottom = max(box.bottom, blob.bottom)
    }
}

extension Blob {
    /// The empty distance between two boxes, in pixels along the worse axis; 0 when they touch or overlap.
    func gap(to other: Blob) -> Int {
        let across = max(left, other.left) - min(right, other.right)
        let down = max(top, other.top) - min(bottom, other.bottom)
        return max(0, across, down)
    }

    /// The shared part of two boxes as a share of the smaller one, 0…1.
    func overlap(with other: Blob) -> Double {
        let across = min(right, other.right) - max(left, other.left)
        let down = min(bottom, other.bottom) - max(top, other.top)
        guard across > 0, down > 0 else { return 0 }
        let smaller = min((right - left) * (bottom - top), (other.right - other.left) * (other.bottom - other.top))
        return Double(across * down) / Double(max(1, smaller))
    }
}
