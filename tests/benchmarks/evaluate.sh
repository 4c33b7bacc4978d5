#!/bin/sh
# Every figure of docs/evaluation.md and notebooks/03_evaluation.ipynb: one exam per file in results/evaluation, peers and budget in the same run.
# An hour or two on two quiet cores; name exams to run only those: tests/benchmarks/evaluate.sh online-retail-new
set -eu
data=${RYNEK_DATA:-../shared/data}
results=$(dirname "$0")/results/evaluation
rynek=${RYNEK:-.venv/bin/rynek}
exams=${*:-gowalla gowalla-published complete-journey-all complete-journey-new online-retail-all online-retail-new}

gowalla() { "$rynek" evaluate --train "$data/gowalla_lightgcn/train.parquet" --test "$data/gowalla_lightgcn/test.parquet" --json "$@"; }
journey() { "$rynek" evaluate --interactions "$data/complete_journey/transactions.parquet" --catalogue "$data/complete_journey/products.parquet" --json "$@"; }
retail() { "$rynek" evaluate --interactions "$data/online_retail/online_retail.parquet" --json "$@"; }

baselines=popularity,item_knn,implicit_als,buy_again
for exam in $exams; do
    case $exam in
        gowalla) gowalla --tune 3 --models rp3beta,sparse_ease,ials,bspm,sparse_ease+bspm ;;
        # Nothing is tuned: the defaults are the papers' settings. Dense EASE (11 GB) is in `rynek bench models --part gowalla`.
        gowalla-published) gowalla --models gf_cf,bspm ;;
        complete-journey-all) journey --task all --tune 4 --models $baselines,ease,ials,tifu_knn,ranker,buy_again+ease+popularity,tifu_knn+ease+popularity ;;
        complete-journey-new) journey --task new --tune 4 --models $baselines,ease,ials,tifu_knn,ranker,ease+popularity,ials+ease+popularity ;;
        online-retail-all | online-retail-new)
            retail --task "${exam##*-}" --tune 8 --models $baselines,rp3beta,sparse_ease,ials,tifu_knn,ranker,buy_again+sparse_ease+popularity,tifu_knn+sparse_ease+popularity,ials+sparse_ease+popularity ;;
        *) echo "No exam $exam: choose among $exams." >&2; exit 1 ;;
    esac > "$results/$exam.json.part"
    mv "$results/$exam.json.part" "$results/$exam.json"
done
"$rynek" findings "$results" > "$(dirname "$0")/../../docs/evaluation.md"
