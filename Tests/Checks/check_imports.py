#!/usr/bin/env python3
"""Checks every `import` in Sources against the layers: arrows point downward only.

The manifest alone doesn't enforce that, because a module that is already built can be imported without being declared.
"""
import pathlib
import re
import sys

ALLOWED = {
    "FrameKernels": set(),
    "Domain": set(),
    "RTSP": set(),
    "SiteFile": {"Domain", "Yams", "Crypto"},
    "Media": {"CFFmpeg", "Domain"},
    "Recording": {"Domain", "Media", "CLinux", "Crypto"},
    "Capture": {"Domain", "Media", "Recording", "RTSP", "CLinux"},
    "Analysis": {"Domain", "FrameKernels", "Media", "COpenVINO", "CLinux"},
    "Store": {"Domain", "GRDB"},
    "Archive": {"Domain", "Media", "Recording", "Store", "CLinux", "CMinizip", "Crypto"},
    "Telemetry": {"Domain", "Store", "CMosquitto", "CLinux", "NIOCore", "NIOPosix"},
    "Alarms": {"Domain", "Store", "Archive"},
    "Cases": {"Domain", "Store", "Crypto"},
    "Console": {
        "Domain", "SiteFile", "Store", "Archive", "Telemetry", "Alarms", "Cases", "Crypto", "CryptoExtras", "Hummingbird",
        "HTTPTypes", "NIOCore", "NIOPosix", "ServiceLifecycle",
    },
    "Demo": {"Domain", "Media", "CLinux"},
    "gridwatch": None,  # the wiring may import everything
}
SYSTEM = {
    "Foundation", "FoundationEssentials", "Glibc", "Synchronization", "Dispatch", "Logging", "Testing",
}
IMPORT = re.compile(r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?"
                    r"import\s+(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)", re.M)

root = pathlib.Path(__file__).resolve().parents[2] / "Sources"
wrong = []
for folder in sorted(p for p in root.iterdir() if p.is_dir() and any(p.rglob("*.swift"))):
    if folder.name not in ALLOWED:
        wrong.append(f"Sources/{folder.name}: no such layer in Tests/Checks/check_imports.py")
        continue
    allowed = ALLOWED[folder.name]
    for file in sorted(folder.rglob("*.swift")):
        for match in IMPORT.finditer(file.read_text(encoding="utf-8")):
            module = match.group(1)
            if allowed is None or module in allowed or module in SYSTEM:
                continue
            line = file.read_text(encoding="utf-8")[: match.start()].count("\n") + 1
            wrong.append(f"{file.relative_to(root.parent)}:{line}: {folder.name} may not import {module}")
for line in wrong:
    print(line, file=sys.stderr)
sys.exit(1 if wrong else 0)
