// swift-tools-version: 6.3
import PackageDescription

/// Settings of every Swift target: warnings are errors, and the upcoming features that remove whole kinds of mistakes.
let settings: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),  // SE-0335
    .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
    .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
    .enableUpcomingFeature("InferIsolatedConformances"),  // SE-0470
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),  // SE-0461
    .enableUpcomingFeature("ImmutableWeakCaptures"),  // SE-0481
]

/// Where bytes from outside are parsed or pixels are walked, every unsafe step must be spelled out (SE-0458).
let strict: [SwiftSetting] = settings + [.strictMemorySafety()]

/// Pixels are walked one by one: without optimisation the tests that look at pictures would take minutes.
let pixels: [SwiftSetting] = [.unsafeFlags(["-O"], .when(configuration: .debug))]

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")

let package = Package(
    name: "gridwatch",
    products: [
        .executable(name: "gridwatch", targets: ["gridwatch"]),
        .library(name: "FrameKernels", targets: ["FrameKernels"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // C modules: a module map and one-line shims, no logic.
        .systemLibrary(name: "CFFmpeg"),
        .systemLibrary(name: "CMosquitto"),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CMinizip"),

        .target(name: "FrameKernels", swiftSettings: strict + pixels),
        .target(name: "Domain", swiftSettings: strict),
        .target(
            name: "SiteFile",
            dependencies: ["Domain", .product(name: "Yams", package: "Yams"), crypto],
            swiftSettings: settings
        ),
        // Every byte is looked at in the packets' hot path: as with pixels.
        .target(name: "RTSP", swiftSettings: strict + pixels),
        .target(name: "Media", dependencies: ["CFFmpeg", "Domain", logging], swiftSettings: settings),
        .target(
            name: "Recording",
            dependencies: ["CLinux", "Domain", "Media", crypto, logging],
            swiftSettings: settings
        ),
        .target(
            name: "Capture",
            dependencies: ["CLinux", "Domain", "Media", "RTSP", "Recording", logging],
            swiftSettings: settings
        ),
        .target(
            name: "Analysis",
            dependencies: ["CLinux", "Domain", "FrameKernels", "Media", logging],
            swiftSettings: settings + pixels
        ),
        .target(
            name: "Store",
            dependencies: ["Domain", .product(name: "GRDB", package: "GRDB.swift"), logging],
            swiftSettings: settings
        ),
        .target(
            name: "Archive",
            dependencies: ["CLinux", "CMinizip", "Domain", "Media", "Recording", "Store", crypto, logging],
            swiftSettings: settings
        ),
        .target(
            name: "Telemetry",
            dependencies: [
                "CLinux", "CMosquitto", "Domain", "Store", logging,
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .target(name: "Alarms", dependencies: ["Archive", "Domain", "Store", logging], swiftSettings: settings),
        .target(
            name: "Cases",
            dependencies: ["Domain", "Store", crypto, logging],
            resources: [.copy("BuiltIn")],
            swiftSettings: settings
        ),
        .target(
            name: "Console",
            dependencies: [
                "Alarms", "Archive", "Cases", "Domain", "SiteFile", "Store", "Telemetry", crypto, logging,
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            resources: [.copy("Assets")],
            swiftSettings: settings
        ),
        .target(name: "Demo", dependencies: ["CLinux", "Domain", "Media", logging], swiftSettings: settings + pixels),
        .executableTarget(
            name: "gridwatch",
            dependencies: [
                "Alarms", "Analysis", "Archive", "Capture", "Cases", "CLinux", "Console", "Demo", "Domain", "Media",
                "Recording", "SiteFile", "Store", "Telemetry", logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings
        ),

        // Measures what sampling sees of what full decoding sees; part of `make bench`.
        .executableTarget(
            name: "sampling-bench",
            dependencies: ["Analysis", "Capture", "Domain", "Media"],
            path: "Benchmarks/Sampling",
            swiftSettings: settings
        ),

        // Measures base data at the size of a city; part of `make bench`.
        .executableTarget(
            name: "base-bench",
            dependencies: ["Cases", "Domain", "Store"],
            path: "Benchmarks/BaseData",
            swiftSettings: settings
        ),

        // Measures cases at the size of a city's year; part of `make bench`.
        .executableTarget(
            name: "case-bench",
            dependencies: ["Cases", "Domain", "Store"],
            path: "Benchmarks/Cases",
            swiftSettings: settings
        ),

        // Measures a day of a large city's readings; part of `make bench`.
        .executableTarget(
            name: "series-bench",
            dependencies: ["Domain", "Store"],
            path: "Benchmarks/Series",
            swiftSettings: settings
        ),

        // Tests mirror targets; what several share is in Tests/Support.
        .target(
            name: "TestSupport",
            dependencies: ["Domain", "Recording"],
            path: "Tests/Support",
            swiftSettings: settings
        ),
        // Counts what is allocated, in the place of malloc.
        .target(name: "AllocationCounter", path: "Tests/AllocationCounter"),
        .testTarget(name: "FrameKernelsTests", dependencies: ["Domain", "FrameKernels"], swiftSettings: settings),
        .testTarget(name: "DomainTests", dependencies: ["Domain", "TestSupport"], swiftSettings: settings),
        .testTarget(name: "SiteFileTests", dependencies: ["Domain", "SiteFile"], swiftSettings: settings),
        .testTarget(name: "RTSPTests", dependencies: ["RTSP"], swiftSettings: settings),
        .testTarget(name: "MediaTests", dependencies: ["Domain", "Media", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "RecordingTests",
            dependencies: ["CLinux", "Domain", "Media", "Recording", "TestSupport", crypto],
            swiftSettings: settings
        ),
        .testTarget(
            name: "CaptureTests",
            dependencies: ["Capture", "Domain", "Media", "RTSP", "Recording", "TestSupport", logging],
            swiftSettings: settings
        ),
        .testTarget(
            name: "AnalysisTests",
            dependencies: [
                "AllocationCounter", "Analysis", "CLinux", "Domain", "FrameKernels", "Media", "TestSupport",
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "StoreTests",
            dependencies: ["Domain", "Store", "TestSupport", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ArchiveTests",
            dependencies: ["Archive", "CLinux", "Domain", "Media", "Recording", "Store", "TestSupport", crypto],
            swiftSettings: settings
        ),
        .testTarget(
            name: "TelemetryTests",
            dependencies: ["Domain", "Store", "Telemetry", "TestSupport", logging],
            swiftSettings: settings
        ),
        .testTarget(
            name: "CasesTests",
            dependencies: ["Cases", "Domain", "Store", "TestSupport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "AlarmsTests",
            dependencies: ["Alarms", "Cases", "Domain", "Store", "TestSupport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ConsoleTests",
            dependencies: [
                "Alarms", "Archive", "Cases", "Console", "Domain", "Media", "Recording", "Store", "Telemetry",
                "TestSupport",
                logging,
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "DemoTests",
            dependencies: ["Analysis", "Demo", "Domain", "FrameKernels"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "gridwatchTests",
            dependencies: ["Domain", "gridwatch", "Store", "Telemetry", "TestSupport", crypto],
            swiftSettings: settings
        ),
    ]
)

// libFuzzer brings a `main` of its own, so its target is only there where it is asked for: `make fuzz`.
if Context.environment["GRIDWATCH_FUZZ"] == "1" {
    package.targets.append(
        .executableTarget(
            name: "gridwatch-fuzz",
            dependencies: ["Domain", "Media", "RTSP", "Telemetry"],
            path: "Tests/Fuzz",
            swiftSettings: [.unsafeFlags(["-parse-as-library"])]
        )
    )
}
