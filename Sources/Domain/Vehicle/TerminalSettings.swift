/// Where JT/T 808 terminals report to, and whose they are.
package struct TerminalSettings: Sendable, Equatable {
    /// One terminal and its vehicle.
    package struct Terminal: Sendable, Equatable {
        /// Its number (digits), as in the header; leading zeros don't matter.
        package var phone: String
        package var vehicle: String
        /// What it has to authenticate with; nil for one that is made at the first start.
        package var code: String?

        package init(phone: String, vehicle: String, code: String? = nil) {
            self.phone = phone
            self.vehicle = vehicle
            self.code = code
        }
    }

    /// The address to listen on, for TCP and UDP alike.
    package var host: String
    package var port: Int
    package var terminals: [Terminal]
    /// The class of the alarms that a bit raises, by the bit's name.
    package var classes: [String: String]

    package init(host: String, port: Int, terminals: [Terminal] = [], classes: [String: String] = [:]) {
        self.host = host
        self.port = port
        self.terminals = terminals
        self.classes = classes
    }
}
