package import Archive
package import Domain

/// An export as the API and the change feed give it.
package enum ExportView {
    package static func change(of job: ExportJob) -> Change {
        Change(topic: .export, json: json(job).encoded)
    }

    static func json(_ job: ExportJob) -> JSONValue {
        let base = "/api/v1/exports/\(job.id)"
        return [
            "id": .string(job.id), "title": .string(job.request.title),
            "format": .string(job.request.format.rawValue), "state": .string(job.state.rawValue),
            "progress": .number(job.progress), "items": .array(job.items.map(item)),
            "bytes": JSONValue(job.file?.bytes), "sha256": JSONValue(job.file?.sha256),
            "files": .array(
                job.files.map { file in
                    [
                        "name": .string(file.name), "bytes": JSONValue(file.bytes), "sha256": .string(file.sha256),
                        "url": .string("\(base)/files/\(file.name.replacing("/", with: "~"))"),
                    ]
                }
            ),
            "name": JSONValue(job.file?.name), "url": job.file == nil ? .null : .string("\(base)/file"),
            "by": .string(job.by), "createdAt": JSONValue(job.createdAt), "finishedAt": JSONValue(job.finishedAt),
            "expiresAt": JSONValue(job.expiresAt), "error": JSONValue(job.error?.rawValue),
            "errorDetail": JSONValue(job.errorDetail), "caseId": JSONValue(job.request.caseMaterial?.caseId),
            "note": JSONValue(job.request.note),
        ]
    }

    private static func item(_ item: ExportJob.Item) -> JSONValue {
        [
            "cameraId": .string(item.cameraId), "from": JSONValue(item.from), "to": JSONValue(item.to),
            "delivered": .array(item.delivered.map { ["from": JSONValue($0.from), "to": JSONValue($0.to)] }),
            "gaps": .array(
                item.gaps.map {
                    [
                        "from": JSONValue($0.from), "to": JSONValue($0.to), "reason": .string($0.reason.rawValue),
                        "detail": JSONValue($0.detail),
                    ]
                }
            ),
            "file": JSONValue(item.clips.first), "clips": .array(item.clips.map { .string($0) }),
        ]
    }
}
