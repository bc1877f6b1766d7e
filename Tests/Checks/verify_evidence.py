#!/usr/bin/env python3
"""Verifies an exported dossier (ZIP or folder) or a clip that brings its proof, without gridwatch: a second reading of docs/evidence.md.

Usage: verify_evidence.py PATH KEY.pem        needs openssl 3 for Ed25519; prints what is wrong, exits 1 if anything is.
"""
import base64
import hashlib
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import zipfile

DER = bytes.fromhex("302a300506032b6570032100")
wrong = []


def pem(raw):
    text = base64.b64encode(DER + raw).decode()
    return f"-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n"


def signed(raw, statement, signature):
    """Whether `signature` (base64) over `statement` is that of the key `raw`."""
    with tempfile.TemporaryDirectory() as folder:
        files = [pathlib.Path(folder, name) for name in ("key", "statement", "signature")]
        files[0].write_text(pem(raw))
        files[1].write_bytes(statement.encode())
        files[2].write_bytes(base64.b64decode(signature))
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", files[0], "-rawin", "-in", files[1],
                   "-sigfile", files[2]]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0


def sha(*parts):
    value = hashlib.sha256()
    for part in parts:
        value.update(part)
    return value.digest()


def trusted(keys, root):
    """The keys that `root` vouches for, by id, over rotations in both directions."""
    def statement(key):
        return (f"gridwatch-key 1\nkey {key['keyId']}\npublic {key['publicKey']}\ncreated {key['createdAt']}\n"
                f"previous {key.get('previous', '-')}\n")
    raw = {key["keyId"]: base64.b64decode(key["publicKey"]) for key in keys
           if sha(base64.b64decode(key["publicKey"])).hex()[:32] == key["keyId"]}
    found = {key: value for key, value in raw.items() if value == root}
    for _ in keys:
        for key in keys:
            before = key.get("previous")
            if before in raw and key["keyId"] in raw and (key["keyId"] in found) != (before in found) \
                    and signed(raw[key["keyId"]], statement(key), key["signature"]) \
                    and signed(raw[before], statement(key), key["previousSignature"]):
                found |= {key["keyId"]: raw[key["keyId"]], before: raw[before]}
    return found


def check_clip(clip, data, keys):
    at = clip["payloadStart"]
    if sha(data[:at]).hex() != clip["headerHash"]:
        wrong.append(f"{clip['file']}: front")
    for segment in clip["segments"]:
        start = sha(base64.b64decode(segment["initialisation"]))
        before = segment.get("previousHead")
        chain = sha(bytes.fromhex(before), start) if before else sha(start)
        for fragment in segment["fragments"]:
            moof = sha(base64.b64decode(fragment["moof"])) if "moof" in fragment \
                else bytes.fromhex(fragment["moofHash"])
            payload = bytes.fromhex(fragment["payloadHash"])
            if "bytes" in fragment:
                if sha(data[at:at + fragment["bytes"]]) != payload:
                    wrong.append(f"{clip['file']}: bytes from {at}")
                at += fragment["bytes"]
            chain = sha(chain, moof, payload)
        head = segment.get("signed")
        if head is None:
            continue
        statement = (f"gridwatch-head 1\ncamera {clip['cameraId']}\nsegment {segment['name']}\n"
                     f"fragments {head['fragments']}\nhead {head['head']}\nuntil {head['until']}\nat {head['at']}\n"
                     f"key {head['keyId']}\n")
        if chain.hex() != head["head"] or head["fragments"] != len(segment["fragments"]):
            wrong.append(f"{clip['file']}: chain of {segment['name']}")
        if head["keyId"] not in keys or not signed(keys[head["keyId"]], statement, head["signature"]):
            wrong.append(f"{clip['file']}: signature of {segment['name']}")
    if data[at:] not in (b"", proof_box):
        wrong.append(f"{clip['file']}: length")


def boxed(manifest):
    """The last box of a clip that stands alone."""
    size = len(manifest) + 48
    return struct.pack(">I", size) + b"uuidgridwatch-proof1" + manifest + b"gridwatch-proof1" + struct.pack(">Q", size)


path = pathlib.Path(sys.argv[1])
if path.suffix == ".mp4":
    whole = path.read_bytes()
    manifest = whole[len(whole) - int.from_bytes(whole[-8:], "big"):][24:-24]
    files = {json.loads(manifest)["manifest"]["clips"][0]["file"]: whole, "manifest.json": manifest}
elif path.is_dir():
    files = {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}
else:
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
lines = pathlib.Path(sys.argv[2]).read_text(encoding="ascii").splitlines()
root = base64.b64decode("".join(line for line in lines if "-----" not in line))[len(DER):]
proof_box = boxed(files["manifest.json"])
text = files["manifest.json"].decode()
body = text[len('{"manifest":'):text.rindex(',\n"signature":')]
manifest, signature = json.loads(text)["manifest"], json.loads(text)["signature"]
keys = trusted(manifest["keys"], root)
if signature["keyId"] not in keys:
    wrong.append("manifest.json: unknown key")
elif not signed(keys[signature["keyId"]], "gridwatch-manifest-1\n" + body, signature["value"]):
    wrong.append("manifest.json: signature")
for entry in manifest["files"] if path.suffix != ".mp4" else []:
    if entry["name"] not in files or sha(files[entry["name"]].removesuffix(proof_box)).hex() != entry["sha256"]:
        wrong.append(f"{entry['name']}: missing or changed")
for name in set() if path.suffix == ".mp4" else set(files) - {entry["name"] for entry in manifest["files"]} - {"manifest.json"}:
    wrong.append(f"{name}: not listed")
for clip in manifest["clips"]:
    if clip["file"] in files:
        check_clip(clip, files[clip["file"]], keys)
for line in manifest["audit"]:
    if sha(f"{line['previous']}\n{line['entry']}".encode()).hex() != line["hash"]:
        wrong.append("audit log")
print("\n".join(wrong) or "good")
sys.exit(1 if wrong else 0)
