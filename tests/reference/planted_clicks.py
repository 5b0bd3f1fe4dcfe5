"""Logloss and AUC of scikit-learn's logistic regression on planted clicks.

Draws the same clicks as `balustrade evaluate` (src/learning/evaluation/planted.rs) on the iPinYou logs, fits on the
training log, measures on the test log, over seeds 1 to 20 pooled.

    pip install scikit-learn
    python tests/reference/planted_clicks.py TRAIN_LOG.gz TEST_LOG.gz [SEEDS]
"""

import gzip
import math
import sys

from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.preprocessing import OneHotEncoder

MASK = (1 << 64) - 1
EFFECTS = [("hour", 0.5), ("region", 0.5), ("exchange", 0.5), ("slot_size", 0.8), ("user_agent", 0.6), ("advertiser", 0.5)]


def fnv(text):
    state = 0xCBF29CE484222325
    for byte in text.encode():
        state = ((state ^ byte) * 0x100000001B3) & MASK
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & MASK
    return state ^ (state >> 31)


def uniform(value):
    return (value >> 11) / (1 << 53)


def normal(value):
    return (sum(((value >> shift) & 0xFFFF) / 65536 for shift in (0, 16, 32, 48)) - 2) * math.sqrt(3)


def sigmoid(logit):
    return 1 / (1 + math.exp(-logit))


def read(path):
    rows = [line.rstrip("\n").split("\t") for line in gzip.open(path, "rt")]
    rows.sort(key=lambda row: row[4])
    return rows


def planted_fields(row):
    return [str(int(row[2])), row[9], row[11], f"{row[16]}x{row[17]}", row[7], row[25]]


def model_fields(row):
    """What the response model reads of a row: hour, weekday, and the imported facts (segments apart)."""
    return [row[2], row[4][:8], *row[7].split("_", 1), row[9], row[11], row[15], f"{row[16]}x{row[17]}", row[18], row[21]]


def effects(seed, row):
    return sum(spread * normal(fnv(f"{seed}|{field}|{value}")) for (field, spread), value in zip(EFFECTS, planted_fields(row)))


def intercept(seed, rows):
    known = [effects(seed, row) for row in rows]
    low, high = -20.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        if sum(sigmoid(middle + effect) for effect in known) / len(known) < 0.01:
            low = middle
        else:
            high = middle
    return low


def clicks(seed, base, name, rows):
    return [
        int(uniform(fnv(f"{seed}|draw|{name}|{at}")) < sigmoid(base + effects(seed, row))) for at, row in enumerate(rows)
    ]


def main():
    train, test = read(sys.argv[1]), read(sys.argv[2])
    seeds = int(sys.argv[3]) if len(sys.argv) > 3 else 20
    encoder = OneHotEncoder(handle_unknown="ignore")
    weekday_free = [[*fields[:1], *fields[2:]] for fields in map(model_fields, train)]
    x_train = encoder.fit_transform(weekday_free)
    x_test = encoder.transform([[*fields[:1], *fields[2:]] for fields in map(model_fields, test)])
    labels, scores, truth = [], [], []
    for seed in range(1, seeds + 1):
        base = intercept(seed, train)
        model = LogisticRegression(max_iter=1000).fit(x_train, clicks(seed, base, "train", train))
        labels += clicks(seed, base, "test", test)
        scores += list(model.predict_proba(x_test)[:, 1])
        truth += [sigmoid(base + effects(seed, row)) for row in test]
    print(f"{seeds} seeds, {len(labels)} rows, {sum(labels)} clicks")
    print(f"LogisticRegression: logloss {log_loss(labels, scores):.4f}, AUC {roc_auc_score(labels, scores):.4f}")
    print(f"the planted truth:  logloss {log_loss(labels, truth):.4f}, AUC {roc_auc_score(labels, truth):.4f}")


if __name__ == "__main__":
    main()
