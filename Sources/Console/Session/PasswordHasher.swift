import Crypto
import CryptoExtras
import Foundation
import Synchronization

/// Hashes passwords with scrypt (RFC 7914), away from the event loops: two at a time, at most 32 waiting, the rest is
/// rejected as busy.
package final class PasswordHasher: Sendable {
    /// What one hash costs: memory is 128 · `rounds` · `blockSize` bytes.
    package struct Cost: Sendable, Equatable {
        package var rounds: Int
        package var blockSize: Int
        package var parallelism: Int

        package init(rounds: Int = 1 << 15, blockSize: Int = 8, parallelism: Int = 1) {
            self.rounds = rounds
            self.blockSize = blockSize
            self.parallelism = parallelism
        }

        /// Whether a stored hash may ask for it: an altered row must not take all the memory.
        var isAcceptable: Bool {
            (2...1 << 17).contains(rounds) && rounds & (rounds - 1) == 0 && (1...16).contains(blockSize)
                && (1...4).contains(parallelism)
        }
    }

    /// More attempts are waiting than the queue takes.
    package struct Busy: Error {}

    private static let width = 2
    private static let maximumWaiting = 32

    private let cost: Cost
    private let queues: [DispatchQueue]
    /// Attempts under way or waiting.
    private let pending = Mutex(0)
    private let turn = Atomic(0)
    /// What an unknown name's password is compared with, so that it takes as long as a known one's.
    private let decoy: String

    package init(cost: Cost = Cost()) {
        self.cost = cost
        queues = (0..<Self.width).map { DispatchQueue(label: "gridwatch.password.\($0)") }
        let zeros = Data(repeating: 0, count: 16).base64EncodedString()
        let key = Data(repeating: 0, count: 32).base64EncodedString()
        decoy = "scrypt$\(cost.rounds)$\(cost.blockSize)$\(cost.parallelism)$\(zeros)$\(key)"
    }

    /// `scrypt$N$r$p$salt$hash` with a fresh salt of 16 bytes.
    package func hash(_ password: String) async throws -> String {
        let cost = cost
        return try await offload {
            let salt = SymmetricKey(size: .bits128).withUnsafeBytes { Data($0) }
            let key = try Self.derive(password, salt: salt, cost: cost)
            return "scrypt$\(cost.rounds)$\(cost.blockSize)$\(cost.parallelism)$"
                + "\(salt.base64EncodedString())$\(key.base64EncodedString())"
        }
    }

    /// Whether `password` is the one behind `stored`; takes the same time when `stored` is nil (and is then false).
    package func verify(_ password: String, against stored: String?) async throws -> Bool {
        let text = stored ?? decoy
        let known = stored != nil
        return try await offload {
            guard let (cost, salt, expected) = Self.parse(text) else { return false }
            let key = try Self.derive(password, salt: salt, cost: cost)
            return Self.equalInConstantTime(key, expected) && known
        }
    }

    private func offload<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
        let admitted = pending.withLock { count in
            guard count < Self.width + Self.maximumWaiting else { return false }
            count += 1
            return true
        }
        guard admitted else { throw Busy() }
        defer { pending.withLock { $0 -= 1 } }
        let queue = queues[turn.wrappingAdd(1, ordering: .relaxed).newValue & 1]
        return try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result(catching: work)) }
        }
    }

    private static func derive(_ password: String, salt: Data, cost: Cost) throws -> Data {
        let key = try KDF.Scrypt.deriveKey(
            from: Data(password.utf8),
            salt: salt,
            outputByteCount: 32,
            rounds: cost.rounds,
            blockSize: cost.blockSize,
            parallelism: cost.parallelism
        )
        return key.withUnsafeBytes { Data($0) }
    }

    private static func parse(_ text: String) -> (Cost, salt: Data, key: Data)? {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "scrypt", let rounds = Int(parts[1]), let blockSize = Int(parts[2]),
            let parallelism = Int(parts[3]), let salt = Data(base64Encoded: String(parts[4])),
            let key = Data(base64Encoded: String(parts[5]))
        else { return nil }
        let cost = Cost(rounds: rounds, blockSize: blockSize, parallelism: parallelism)
        return cost.isAcceptable && key.count == 32 ? (cost, salt, key) : nil
    }

    private static func equalInConstantTime(_ left: Data, _ right: Data) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
