// swift-tools-version: 6.3
import PackageDescription

// A package of its own, so that measuring never weighs on building the product.
let package = Package(
    name: "gridwatch-benchmarks",
    dependencies: [.package(name: "gridwatch", path: "../")],
    targets: [
        .executableTarget(
            name: "gridwatch-bench",
            dependencies: [.product(name: "FrameKernels", package: "gridwatch")],
            swiftSettings: [.treatAllWarnings(as: .error), .enableUpcomingFeature("MemberImportVisibility")]
        )
    ]
)
