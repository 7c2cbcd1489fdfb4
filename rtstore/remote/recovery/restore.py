"""Write the newest files of every branch of this backup, without rtstore. In the backup's directory:
    python3 restore.py IDENTITY_FILE OUTPUT_DIR     with an age identity file or a private ssh key
    python3 restore.py --passphrase OUTPUT_DIR      age asks for the passphrase"""
import hashlib, hmac, io, itertools, json, pathlib, re, sqlite3, subprocess, sys
db = sqlite3.connect("")  # objects are kept in a file that vanishes at the end: they need not fit into memory
db.executescript("PRAGMA cache_size = -64000; CREATE TABLE obj (id, data); CREATE INDEX x ON obj (id)")
def run(*command, given=None):  # keys go through a pipe, so that no list of processes shows them
    done = subprocess.run(command, input=given, stdout=subprocess.PIPE)
    return done.stdout if done.returncode == 0 else sys.exit(f"failed: {' '.join(command)}")
def decrypt(path, key): return run("age", "-d", "-i", "-", path, given=key["identity"].encode())
def mac(key, purpose, data):  # the code that only members of the backup can make
    return hmac.digest(hmac.digest(bytes.fromhex(key["secret"]), purpose, "sha256"), data, "sha256").hex()
def number(stream): return int.from_bytes(stream.read(4), "big")
def objects(part):  # id and content of each object in a part
    while count := number(part):
        sizes, ids = [number(part) for kind in part.read(count)], [part.read(32) for _ in range(count)]
        yield from ((id, part.read(size + 1)[:-1]) for id, size in zip(ids, sizes))
def find(id): return (row[0] for row in db.execute("SELECT data FROM obj WHERE id = ? ORDER BY rowid", (id,)))
def text(ids): return b"".join(next(find(bytes.fromhex(id))) for id in ids)
def rows(root):  # record id and odd separator of every entry; a root is a change of another, down to zeros
    chain, new = [root], []
    while any(chain[-1]): chain.append(next(find(chain[-1]))[:32])
    for root in chain[-2::-1]:
        old, new = iter(new), []
        for piece in find(root):
            stream = io.BytesIO(piece[55:])
            while step := stream.read(1):  # 0: keep so many entries, 1: leave them out, 2: add new ones
                count = number(stream)
                if step == b"\2":
                    ids = [stream.read(32) for _ in stream.read(16 * count)[::16]]
                    stream.read(36 * number(stream))  # what a sidecar says about entries
                    odd = {number(stream): stream.read(number(stream)) for _ in range(number(stream))}
                    new += [id + odd.get(n, b"") for n, id in enumerate(ids)]
                else: new += [row for row in itertools.islice(old, count) if step == b"\0"]
            if piece[54]: break  # this was the last piece
    return new
def write(path, head, root, separator, tail, place, stamps, end=b""):
    values = (value.encode() for n, each in json.loads(text(stamps) or "[]") for value in each * n)
    with open(path, "xb") as file:
        file.write(text(head))
        for row in rows(bytes.fromhex(root)):  # a value that was cut out goes back to its place
            file.write(end + re.sub(place.encode(), lambda at: at[0] + next(values), next(find(row[:32]))))
            end = row[32:] or separator.encode()
        file.write(tail.encode())
def main(identity, output):
    how = ["-i", identity, "keys/recipients.age"] if identity != "--passphrase" else ["keys/passphrase.age"]
    keys, root = json.loads(run("age", "-d", *how))["generations"], pathlib.Path(output).resolve()
    code, _, head = run("zstd", "-dcq", given=decrypt("head.age", keys[-1])).partition(b"\n")
    if code.decode() != mac(keys[-1], b"rtstore head", head): sys.exit("head.age is not from a member")
    for n, name in [(n, one) for n, row in json.loads(head)["parts"] for one in re.findall(".{40}", row)]:
        part = decrypt(f"parts/{name[:2]}/{name}.age", keys[n - 1])
        if mac(keys[n - 1], b"rtstore part", part)[:40] != name: sys.exit(f"part {name} is not from a member")
        db.executemany("INSERT INTO obj VALUES (?, ?)", objects(io.BytesIO(run("zstd", "-dcq", given=part))))
    for branch, commit in json.loads(head)["branches"].items():
        for name, file in json.loads(text([hashlib.sha256(bytes.fromhex(commit)).hexdigest()])).items():
            path = (root / branch / name).resolve()
            if not path.is_relative_to(root / branch) or path.exists(): sys.exit(f"refused to write {path}")
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path, **json.loads(text([file])))
if __name__ == "__main__": main(*sys.argv[1:]) if len(sys.argv) == 3 else sys.exit(__doc__)
