/// Reads segments back. Every length is checked: damaged or hostile input throws, it never traps.
package enum FragmentParser {
    /// Reads `ftyp`+`moov` at the start of `bytes`; nil while they are not complete.
    package static func initSegment(_ bytes: [UInt8]) throws(MediaError) -> InitSegmentInfo? { nil }

    /// Reads one fragment at `offset`; nil while it is not complete.
    package static func fragment(_ bytes: [UInt8], at offset: Int = 0) throws(MediaError) -> FragmentInfo? { nil }

    /// Reads a `moof` whose `mdat` may not be at hand: `bytes` begins with the `moof` and holds at least the header of
    /// the `mdat` behind it; nil while it doesn't.
    package static func fragmentHeader(_ bytes: [UInt8]) throws(MediaError) -> FragmentInfo? { nil }
}
