package import Domain

/// The channels of a site. One that isn't in the table still belongs to exactly one group, so that sums match.
package struct ChannelTable: Sendable, Equatable {
    /// In the order of the file.
    package let channels: [ReportChannel]
    private let byId: [String: Int]

    package init(_ channels: [ReportChannel] = []) {
        self.channels = channels
        byId = Dictionary(channels.indices.map { (channels[$0].id, $0) }) { first, _ in first }
    }

    /// The channel of an id; one that nobody has declared is the public's, by its id alone.
    package subscript(_ id: String) -> ReportChannel {
        byId[id].map { channels[$0] } ?? ReportChannel(id: id, name: id, nameEn: id, group: .public)
    }

    /// Those that come with the product.
    package static let builtIn = (try? read(BuiltInData.text(.channels))) ?? ChannelTable()

    /// Reads `channels.csv`.
    package static func read(_ text: String, file: String = "channels.csv") throws(BaseDataError) -> ChannelTable {
        let table = try CSVTable(
            text,
            file: file,
            required: ["id", "name", "group"],
            known: BaseSet.channels.columns.map(\.name)
        )
        var rows = RowReader(file: file)
        var found: [ReportChannel] = []
        for row in table.rows {
            guard let id = rows.slug(row, "id"), let name = rows.text(row, "name"),
                let group = rows.choice(row, "group", ReportChannel.Group.self)
            else { continue }
            let callsBack = rows.flag(row, "callBack")
            if found.contains(where: { $0.id == id }) { rows.note(row, "id", "stands twice", "keep one") }
            found.append(
                ReportChannel(id: id, name: name, nameEn: row["nameEn"] ?? name, group: group, callsBack: callsBack)
            )
        }
        try rows.finish()
        return ChannelTable(found)
    }

    /// The table; reading it gives the same channels.
    package var table: BaseTable {
        BaseTable(
            .channels,
            rows: channels.map { [$0.id, $0.name, $0.nameEn, $0.group.rawValue, $0.callsBack ? "yes" : ""] }
        )
    }
}
