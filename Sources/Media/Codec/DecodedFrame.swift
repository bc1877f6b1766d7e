/// One decoded picture; keeps the decoder's buffer alive. One thread at a time uses it.
package final class DecodedFrame {
    package let width: Int
    package let height: Int
    package let ptsTicks: Int64
    package let isKey: Bool

    init(width: Int, height: Int, ptsTicks: Int64, isKey: Bool) {
        self.width = width
        self.height = height
        self.ptsTicks = ptsTicks
        self.isKey = isKey
    }

    /// Lends the luma plane without copying: `height` rows, `stride` bytes apart, of which the first `width` count.
    package func withLuma<Result>(_ body: (Span<UInt8>, _ stride: Int) -> Result) -> Result {
        let none: [UInt8] = []
        return body(none.span, width)
    }

    /// The picture as JPEG, no wider than `maximumWidth` pixels; `quality` 1 (worst) to 100.
    package func jpeg(maximumWidth: Int?, quality: Int = 80) throws(MediaError) -> [UInt8] { [] }
}
