import Alarms
import Archive
import Cases
import Domain
import HTTPTypes
import Hummingbird
import Store

/// The one table from errors of the layers below to answers.
enum ProblemMapping {
    /// Nil for an error that nobody expected: 500, and a line in the log.
    ///
    /// The tables below have names of their own: as overloads of this one, the most general would win.
    static func problem(for error: any Error) -> Problem? {
        switch error {
        case let error as Problem: error
        case let error as UserService.UserError: users(error)
        case let error as StoreError: store(error)
        case let error as ArchiveError: archive(error)
        case let error as AlarmError: alarms(error)
        case let error as CaseError: cases(error)
        case let error as BaseDataError: .invalid(field: error.findings.first?.column ?? "", error.description)
        case let error as BaseDataService.ForeignRow: foreign(error)
        case is PasswordHasher.Busy: .unavailable("too many logins at once")
        case is CancellationError: .unavailable("the service is ending")
        default: nil
        }
    }

    private static func users(_ error: UserService.UserError) -> Problem {
        switch error.code {
        case .invalid: .invalid(field: error.field ?? "", error.message)
        case .taken: .conflict("nameTaken", error.message)
        case .notFound: .notFound(error.message)
        case .lastAdmin: .conflict("lastAdmin", error.message)
        }
    }

    private static let diskFull = Problem(
        status: HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage"),
        code: "diskFull",
        detail: "the disk is full"
    )

    private static func archive(_ error: ArchiveError) -> Problem? {
        switch error.code {
        case .nothingRecorded: .notFound(error.message, code: "nothingRecorded")
        case .noPicture: .notFound(error.message, code: "noPicture")
        case .notFound: .notFound(error.message)
        case .alreadyReleased: .conflict("alreadyReleased", error.message)
        case .invalidRange: .invalid(field: "to", error.message)
        case .invalidAttachment: .invalid(field: "", error.message)
        case .diskFull, .belowFloor: diskFull
        case .busy: .unavailable("too many at once")
        case .tooManyTranscodes: tooManyTranscodes(error)
        // The archive has logged what happened; to the asker there is no picture.
        case .renderFailed: .notFound("the picture can't be made", code: "noPicture")
        case .io, .invalidArchive: nil
        }
    }

    private static func tooManyTranscodes(_ error: ArchiveError) -> Problem {
        var problem = Problem.tooMany("tooManyTranscodes", retryAfter: .seconds(10))
        problem.detail = error.message
        problem.params["limit"] = JSONValue(error.limit)
        return problem
    }

    private static func alarms(_ error: AlarmError) -> Problem {
        switch error.code {
        case .forbidden: .forbidden(error.message)
        case .alreadyDecided: .conflict("alreadyDecided", error.message)
        case .missingField(let field): .invalid(field: field, error.message)
        case .notFound: .notFound(error.message)
        case .busy: .unavailable("too many alarms at once")
        }
    }

    private static func cases(_ error: CaseError) -> Problem {
        switch error.code {
        case .forbidden: .forbidden(error.message)
        case .conflict(let side):
            Problem(
                status: .forbidden,
                code: "conflictOfDuties",
                detail: error.message,
                params: ["side": .string(side.rawValue)]
            )
        case .illegalAction(let state):
            .conflict("illegalAction", error.message, params: standing(state, error))
        case .movedOn(let state): .conflict("movedOn", error.message, params: standing(state, error))
        case .blocked(let obstacle, let state):
            .conflict(
                "blocked",
                error.message,
                params: standing(state, error).merging(["obstacle": .string(obstacle.rawValue)]) { first, _ in
                    first
                }
            )
        case .ended(let state):
            .conflict("caseEnded", error.message, params: ["state": .string(state.rawValue)])
        case .missingField(let field), .invalidField(let field): .invalid(field: field, error.message)
        case .notFound: .notFound(error.message)
        }
    }

    /// Where a case stands, and who brought it there.
    private static func standing(_ state: CaseState, _ error: CaseError) -> [String: JSONValue] {
        var params: [String: JSONValue] = ["state": .string(state.rawValue)]
        if let last = error.last {
            params["action"] = .string(last.action)
            params["by"] = .string(last.by)
            params["at"] = .string(last.at.rfc3339)
            params["secondsAgo"] = JSONValue(error.secondsAgo)
        }
        return params
    }

    private static func foreign(_ error: BaseDataService.ForeignRow) -> Problem {
        var problem = Problem.forbidden(error.description)
        problem.code = "foreignRow"
        problem.params = [
            "row": .array(error.row.map { .string($0) }), "unit": .string(error.unit), "right": .string(error.right),
        ]
        return problem
    }

    private static func store(_ error: StoreError) -> Problem? {
        switch error.code {
        case .invalidCursor: .invalid(field: "cursor", error.message)
        case .notFound: .notFound(error.message)
        case .diskFull: diskFull
        case .busy: .unavailable("the database is busy")
        case .conflict: .conflict("changedMeanwhile", "somebody else has changed this meanwhile; look again")
        default: nil
        }
    }
}
