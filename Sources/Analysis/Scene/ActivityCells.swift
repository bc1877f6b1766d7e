import Domain
import FrameKernels

/// Turns moving blobs into cells of the activity map. After `init` nothing is allocated but the grid.
struct ActivityCells {
    /// Share of a cell's pixels that must move: less is the rim of something in the next cell, or noise.
    static let smallestShare = 0.08
    /// Share of all cells beyond which it is the camera that moved, or the light: that is told as nothing at all.
    static let largestShare = 0.6

    private let size: PlaneSize
    /// The cell's column of each pixel column, and its row times `ActivityGrid.columns` of each pixel row.
    private let columns: [Int]
    private let rows: [Int]
    private let smallest: Int
    private var counts: [Int]

    init(size: PlaneSize) {
        self.size = size
        columns = (0..<max(0, size.width)).map { $0 * ActivityGrid.columns / max(1, size.width) }
        rows = (0..<max(0, size.height)).map { $0 * ActivityGrid.rows / max(1, size.height) * ActivityGrid.columns }
        let cells = ActivityGrid.columns * ActivityGrid.rows
        smallest = max(1, Int(Self.smallestShare * Double(size.pixels) / Double(cells)))
        counts = [Int](repeating: 0, count: cells)
    }

    /// The cells in which enough pixels of the blobs lie; nil where that can't be something in the picture.
    mutating func grid(of finder: borrowing BlobFinder) -> ActivityGrid? {
        var grid = ActivityGrid()
        guard !finder.blobs.isEmpty else { return grid }
        for index in counts.indices { counts[index] = 0 }
        for blob in finder.blobs {
            for y in blob.top..<blob.bottom {
                for x in blob.left..<blob.right where finder.labels[y &* size.width &+ x] == blob.label {
                    counts[rows[y] &+ columns[x]] &+= 1
                }
            }
        }
        for (index, count) in counts.enumerated() where count >= smallest {
            grid[index % ActivityGrid.columns, index / ActivityGrid.columns] = true
        }
        return Double(grid.count) <= Self.largestShare * Double(counts.count) ? grid : nil
    }
}
