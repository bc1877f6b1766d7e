import CFFmpeg

/// One decoded picture; keeps the decoder's buffer alive. One thread at a time uses it.
package final class DecodedFrame {
    /// Pixels.
    package let width: Int
    package let height: Int
    package let ptsTicks: Int64
    package let isKey: Bool

    let frame: UnsafeMutablePointer<AVFrame>

    init(owning frame: UnsafeMutablePointer<AVFrame>) {
        self.frame = frame
        width = Int(frame.pointee.width)
        height = Int(frame.pointee.height)
        ptsTicks =
            frame.pointee.best_effort_timestamp == gw_nopts() ? frame.pointee.pts : frame.pointee.best_effort_timestamp
        isKey = frame.pointee.key_frame != 0
    }

    deinit {
        var owned: UnsafeMutablePointer<AVFrame>? = frame
        av_frame_free(&owned)
    }

    /// Lends the luma plane: `height` rows, `stride` bytes apart, of which the first `width` count; the last row ends
    /// after `width` bytes. Nothing is copied unless the picture has more than 8 bits per sample.
    package func withLuma<Result>(_ body: (Span<UInt8>, _ stride: Int) -> Result) -> Result {
        let stride = Int(frame.pointee.linesize.0)
        if hasPlainLuma, let base = frame.pointee.data.0, stride >= width, height > 0 {
            let plane = UnsafeBufferPointer(start: base, count: stride * (height - 1) + width)
            return body(plane.span, stride)
        }
        let luma = converted(to: AV_PIX_FMT_GRAY8)
        return body(luma.span, width)
    }

    private var hasPlainLuma: Bool {
        switch AVPixelFormat(rawValue: frame.pointee.format) {
        case AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUV422P, AV_PIX_FMT_YUVJ422P, AV_PIX_FMT_YUV444P,
            AV_PIX_FMT_YUVJ444P, AV_PIX_FMT_NV12, AV_PIX_FMT_NV21, AV_PIX_FMT_GRAY8, AV_PIX_FMT_YUV411P:
            true
        default: false
        }
    }

    private func converted(to format: AVPixelFormat) -> [UInt8] {
        var plane = [UInt8](repeating: 0, count: max(0, width * height))
        guard
            let scaler = sws_getContext(
                Int32(width),
                Int32(height),
                AVPixelFormat(rawValue: frame.pointee.format),
                Int32(width),
                Int32(height),
                format,
                SWS_POINT,
                nil,
                nil,
                nil
            )
        else { return plane }
        defer { sws_freeContext(scaler) }
        plane.withUnsafeMutableBufferPointer { buffer in
            var destination: [UnsafeMutablePointer<UInt8>?] = [buffer.baseAddress, nil, nil, nil]
            var strides: [Int32] = [Int32(width), 0, 0, 0]
            Picture.scale(scaler, from: frame, into: &destination, strides: &strides)
        }
        return plane
    }

    /// The picture as JPEG, no wider than `maximumWidth` pixels; `quality` 1 (worst) to 100.
    package func jpeg(maximumWidth: Int?, quality: Int = 80) throws(MediaError) -> [UInt8] {
        try Picture.jpeg(of: frame, maximumWidth: maximumWidth, quality: quality)
    }
}
