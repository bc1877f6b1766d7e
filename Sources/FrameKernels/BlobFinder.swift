/// One connected area of a mask.
public struct Blob: Sendable, Equatable {
    /// Its number in `BlobFinder.labels`.
    public var label: UInt16
    /// First column of its box.
    public var left: Int
    /// First row of its box.
    public var top: Int
    /// Column after the last one of its box.
    public var right: Int
    /// Row after the last one of its box.
    public var bottom: Int
    /// Its pixels.
    public var area: Int

    /// An empty blob: every box joined to it is the union.
    public static let empty = Blob(label: 0, left: .max, top: .max, right: 0, bottom: 0, area: 0)

    /// A blob from its parts.
    public init(label: UInt16, left: Int, top: Int, right: Int, bottom: Int, area: Int) {
        self.label = label
        self.left = left
        self.top = top
        self.right = right
        self.bottom = bottom
        self.area = area
    }
}

/// Finds the connected areas (8 neighbours) of a mask in two passes with union-find.
///
/// Bounded: at most `capacity` provisional labels; pixels of a mask that needs more stay unlabelled and are counted in
/// `overflow`. After `init` nothing is allocated.
public struct BlobFinder: Sendable {
    /// Size of the masks it takes.
    public let size: PlaneSize
    /// Label of every pixel after `find`; 0 outside blobs.
    public private(set) var labels: [UInt16]
    /// The blobs that are large enough, in the order of their first pixel.
    public private(set) var blobs: [Blob]
    /// Pixels that found no free label.
    public private(set) var overflow = 0
    private var parents: [UInt16]
    private var found: [Blob]
    /// Rows of the mask in which anything is set: the others, most of the time all, are passed over.
    private var isFilled: [Bool]

    /// Prepares for masks of one size.
    public init(size: PlaneSize, capacity: Int = 4096) {
        let bounded = min(max(capacity, 1), 65_534)
        self.size = size
        labels = [UInt16](repeating: 0, count: max(0, size.pixels))
        parents = [UInt16](repeating: 0, count: bounded + 1)
        found = [Blob](repeating: Blob.empty, count: bounded + 1)
        isFilled = [Bool](repeating: false, count: max(0, size.height))
        blobs = []
        blobs.reserveCapacity(bounded)
    }

    /// Finds the blobs of at least `smallest` pixels.
    ///
    /// - Parameter mask: `size.pixels` bytes, not 0 inside blobs.
    public mutating func find(in mask: Span<UInt8>, smallest: Int) {
        blobs.removeAll(keepingCapacity: true)
        overflow = 0
        guard mask.count >= size.pixels, size.pixels > 0 else { return }
        let used = label(mask)
        guard used > 0 else { return }
        for i in 1...used { found[i] = Blob.empty }
        let width = size.width
        for y in 0..<size.height where isFilled[y] {
            for x in 0..<width {
                let provisional = labels[y &* width &+ x]
                guard provisional != 0 else { continue }
                let root = self.root(provisional)
                labels[y &* width &+ x] = root
                let i = Int(root)
                found[i].area &+= 1
                found[i].left = min(found[i].left, x)
                found[i].right = max(found[i].right, x &+ 1)
                found[i].top = min(found[i].top, y)
                found[i].bottom = y &+ 1
            }
        }
        for i in 1...used where found[i].area >= max(1, smallest) {
            found[i].label = UInt16(truncatingIfNeeded: i)
            blobs.append(found[i])
        }
    }

    /// First pass: gives provisional labels and joins those that touch.
    ///
    /// - Returns: The number of provisional labels.
    private mutating func label(_ mask: Span<UInt8>) -> Int {
        let width = size.width
        var used = 0
        for y in 0..<size.height {
            isFilled[y] = isAnySet(mask.extracting(y &* width..<(y &+ 1) &* width))
            guard isFilled[y] else {
                for i in y &* width..<(y &+ 1) &* width { labels[i] = 0 }
                continue
            }
            for x in 0..<width {
                let i = y &* width &+ x
                guard mask[i] != 0 else {
                    labels[i] = 0
                    continue
                }
                var label: UInt16 = x > 0 ? labels[i &- 1] : 0
                if y > 0 {
                    let above = i &- width
                    label = join(label, labels[above])
                    if x > 0 { label = join(label, labels[above &- 1]) }
                    if x &+ 1 < width { label = join(label, labels[above &+ 1]) }
                }
                if label == 0 {
                    guard used &+ 1 < parents.count else {
                        overflow &+= 1
                        labels[i] = 0
                        continue
                    }
                    used &+= 1
                    label = UInt16(truncatingIfNeeded: used)
                    parents[used] = label
                }
                labels[i] = label
            }
        }
        return used
    }

    private func isAnySet(_ row: Span<UInt8>) -> Bool {
        var any: UInt8 = 0
        for x in 0..<row.count { any = any | row[x] }
        return any != 0
    }

    private mutating func join(_ a: UInt16, _ b: UInt16) -> UInt16 {
        guard a != 0 else { return b }
        guard b != 0, a != b else { return a }
        let first = root(a)
        let second = root(b)
        let smaller = min(first, second)
        parents[Int(max(first, second))] = smaller
        return smaller
    }

    private mutating func root(_ label: UInt16) -> UInt16 {
        var current = label
        while parents[Int(current)] != current {
            parents[Int(current)] = parents[Int(parents[Int(current)])]
            current = parents[Int(current)]
        }
        return current
    }
}
