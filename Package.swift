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
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    ],
    targets: [
        // C modules: a module map and one-line shims, no logic.
        .systemLibrary(name: "CFFmpeg"),
        .systemLibrary(name: "CMosquitto"),
        .systemLibrary(name: "CLinux"),

        .target(name: "FrameKernels", swiftSettings: strict),
        .target(name: "Domain", swiftSettings: strict),
        .target(
            name: "SiteFile",
            dependencies: ["Domain", .product(name: "Yams", package: "Yams")],
            swiftSettings: settings
        ),
        .target(name: "Media", dependencies: ["CFFmpeg", "Domain", logging], swiftSettings: settings),
        .target(
            name: "Recording",
            dependencies: ["CLinux", "Domain", "Media", crypto, logging],
            swiftSettings: settings
        ),
        .target(
            name: "Capture",
            dependencies: ["CLinux", "Domain", "Media", "Recording", logging],
            swiftSettings: settings
        ),
        .target(
            name: "Analysis",
            dependencies: ["CLinux", "Domain", "FrameKernels", "Media", logging],
            swiftSettings: settings
        ),
        .target(
            name: "Store",
            dependencies: ["Domain", .product(name: "GRDB", package: "GRDB.swift"), logging],
            swiftSettings: settings
        ),
        .target(
            name: "Archive",
            dependencies: ["CLinux", "Domain", "Media", "Recording", "Store", logging],
            swiftSettings: settings
        ),
        .target(
            name: "Telemetry",
            dependencies: ["CLinux", "CMosquitto", "Domain", "Store", logging],
            swiftSettings: settings
        ),
        .target(name: "Alarms", dependencies: ["Archive", "Domain", "Store", logging], swiftSettings: settings),
        .target(name: "Cases", dependencies: ["Domain", "Store", crypto, logging], swiftSettings: settings),
        .target(
            name: "Console",
            dependencies: [
                "Alarms", "Archive", "Cases", "Domain", "Store", "Telemetry", crypto, logging,
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
            ],
            resources: [.copy("Assets")],
            swiftSettings: settings
        ),
        .target(name: "Demo", dependencies: ["CLinux", "Domain", "Media", logging], swiftSettings: settings),
        .executableTarget(
            name: "gridwatch",
            dependencies: [
                "Alarms", "Analysis", "Archive", "Capture", "Cases", "CLinux", "Console", "Demo", "Domain", "Media",
                "Recording", "SiteFile", "Store", "Telemetry", logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings
        ),
    ]
)
