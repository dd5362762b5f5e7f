#!/bin/bash
# Runs on a real Slurm: a controller and a node of this test's own, on this machine.
# Needs root and Debian's slurm-wlm; .ci/run installs it. Arguments: the programs sweep and fig5.
set -u
sweep=$PWD/$1 fig5=$PWD/$2
cd "$TEST_TMPDIR" || exit 1
export BUILD_WORKING_DIRECTORY=$TEST_TMPDIR
# Not under TEST_TMPDIR: paths of Slurm's sockets have 108 characters at most.
root=$(mktemp -d /tmp/nclab-slurm.XXXXXX)
export SLURM_CONF=$root/slurm.conf
PATH=$PATH:/usr/sbin:/sbin
started=$SECONDS

say() { echo "$((SECONDS - started)) s: $*"; }
fail() {
  echo "FAILED: $*"
  tail -5 stdout stderr ./*.err 2>/dev/null
  squeue -r 2>/dev/null
  tail -20 "$root"/log/slurmctld.log "$root"/log/slurmd.log 2>/dev/null
  exit 1
}
[[ $EUID == 0 ]] || fail "needs root"
command -v slurmctld >/dev/null || fail "needs slurm-wlm"

# Two partitions, so that one preempts the other; arrays of nine tasks at most.
mkdir -p "$root"/{ctld,d,log}
host=$(hostname -s)
port=$((20000 + $$ % 20000))
cat >"$SLURM_CONF" <<END
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
AuthType=auth/none
CredType=cred/none
AuthInfo=cred_expire=5
SlurmctldPort=$port
SlurmdPort=$((port + 1))
StateSaveLocation=$root/ctld
SlurmdSpoolDir=$root/d
SlurmctldPidFile=$root/slurmctld.pid
SlurmdPidFile=$root/slurmd.pid
SlurmctldLogFile=$root/log/slurmctld.log
SlurmdLogFile=$root/log/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MailProg=/bin/true
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MinJobAge=600
MaxArraySize=9
KillWait=5
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 RealMemory=500 State=UNKNOWN
PartitionName=low Nodes=$host Default=YES MaxTime=INFINITE State=UP PriorityTier=1
PartitionName=high Nodes=$host MaxTime=INFINITE State=UP PriorityTier=10 PreemptMode=OFF
END
slurmctld || fail "slurmctld does not start"
slurmd || fail "slurmd does not start"
trap 'scontrol shutdown; sleep 1; rm -rf "$root"' EXIT
for _ in $(seq 100); do [[ $(sinfo -h -o %t 2>/dev/null | sort -u) == idle ]] && break; sleep 0.1; done
[[ $(sinfo -h -o %t | sort -u) == idle ]] || fail "the node does not come up"
say "the cluster is up"

runs=(--dataset='gaussian_etf(num_classes=4,per_class=200,test_samples=20,dim=32,ratio=0.5)'
  --model='mlp(width=128,depth=2)' --eval_points=3 --metrics=loss,accuracy,variance_ratio
  --checkpoint_every=500ms --launcher=slurm --jobs=2 --device=cpu)
dones() { find "$1"/runs -name DONE 2>/dev/null | wc -l; }
arrays() { find "$1"/slurm -name 'array-*.job' | wc -l; }
starts() { sed -n 's/.*"starts": \([0-9]*\).*/\1/p' "$1"/manifest.json; }

# Meanwhile, looked at in part 6: a job that is held.
held=("${runs[@]}" --steps=20 --seed=7 --out=held)
(
  "$sweep" "${held[@]}" --slurm_args=--hold >held.out 2>held.err
  echo $? >held.status
) &
held_pid=$!

# 1. Eight runs, two at a time; one diverges, one is preempted, one hears that its
# time is nearly up.
# Long enough that one is running when its node is wanted.
eight=("${runs[@]}" --steps=24000 --lr=0.001,0.002,0.003,0.004,0.005,0.006,0.007,1000000 --out=eight)
"$sweep" "${eight[@]}" >eight.out 2>eight.err &
pid=$!
for _ in $(seq 300); do find eight/runs -name 'step-*' 2>/dev/null | grep -q checkpoints/ && break; sleep 0.1; done
sbatch --parsable --partition=high --ntasks=1 --output=/dev/null --wrap='sleep 3' >/dev/null || fail "sbatch"
most=0 preempted=0 warned=
while kill -0 $pid 2>/dev/null; do
  running=$(squeue -r -h -p low -t RUNNING | wc -l)
  ((running > most)) && most=$running
  squeue -r -h -p low -o '%r' | grep -q BeginTime && preempted=1
  if [[ $preempted == 1 && -z $warned ]]; then
    while read -r job task; do
      run=$(sed -n "$((task + 1))p" eight/slurm/array-1.txt)
      [[ -z $warned ]] && ls "$run"/checkpoints/step-* >/dev/null 2>&1 || continue
      warned=$run
      # It signals, and then tries again for a minute if the job has gone.
      timeout 2 scancel --batch --signal=USR1 "$job" 2>/dev/null
    done < <(squeue -r -h -p low -t RUNNING -o '%A %K')
  fi
  sleep 0.3
done
wait $pid
[[ $? == 0 ]] || fail "the diverged run shows in the exit status"
say "eight runs: at most $most at a time, preempted: $preempted"
[[ $most == 2 ]] || fail "$most ran at a time, not 2"
[[ $preempted == 1 ]] || fail "nothing was preempted"
[[ $(dones eight) == 7 ]] || fail "not seven done"
[[ $(arrays eight) == 1 ]] || fail "not one array"
grep -q "diverged: .*The loss became" eight.err || fail "does not say what diverged"
failed=$(dirname eight/runs/*/FAILED)
grep -q "The loss became" "$failed"/FAILED || fail "no reason in FAILED"
[[ $(wc -l <eight/sweep.csv) == 9 && -s eight/figure.svg ]] || fail "no table, no figure"
[[ -n $warned ]] || fail "no run was told that its time is up"
again=()
for run in eight/runs/*; do
  case $(starts "$run") in
    1) ;;
    2)
      again+=("$run")
      grep -q "resumed at step" "$run"/log.txt || fail "$run did not go on from its checkpoint"
      say "requeued: $run, $(grep -o 'resumed at step.*' "$run"/log.txt)"
      ;;
    *) fail "$run was started $(starts "$run") times" ;;
  esac
done
[[ ${#again[@]} == 2 ]] || fail "${#again[@]} runs were started twice, not the two that were requeued"

# Nothing lost: the requeued runs have the bytes of ones that nobody disturbed.
lrs=$(for run in "${again[@]}"; do sed -n 's/.*"lr": *\([0-9.]*\).*/\1/p' "$run"/spec.json; done | paste -sd,)
local_run=()
for word in "${runs[@]}"; do [[ $word == --launcher=* ]] || local_run+=("$word"); done
"$sweep" "${local_run[@]}" --steps=24000 --lr="$lrs" --threads=1 --out=apart/alone >stdout 2>stderr || fail "a local run"
for run in "${again[@]}"; do
  alone=apart/alone/runs/$(basename "$run")
  cmp "$run"/metrics.csv "$alone"/metrics.csv || fail "a requeued run has other numbers"
  cmp "$run"/checkpoints/step-24000.safetensors "$alone"/checkpoints/step-24000.safetensors || fail "another checkpoint"
done

# 2. The same command again: a run that diverged is through, too.
"$sweep" "${eight[@]}" >stdout 2>stderr || fail "the diverged run fails now"
grep -q "submitted array" stderr && fail "submits a run that is through"
[[ $(starts "${again[0]}") == 2 && $(dones eight) == 7 ]] || fail "repeats finished runs"
say "the same command again: nothing submitted"

# 3. Left and called again.
left=("${runs[@]}" --steps=4000 --lr=0.001,0.002,0.003,0.004 --seed=1 --out=left)
"$sweep" "${left[@]}" >stdout 2>stderr &
pid=$!
for _ in $(seq 300); do [[ $(squeue -r -h -t RUNNING | wc -l) == 2 ]] && break; sleep 0.1; done
kill -INT $pid
wait $pid
[[ $? == 75 ]] || fail "an interrupt did not give 75"
grep -q "jobs go on in the queue.*run the same command again" stderr || fail "does not say how to go on"
"$sweep" "${left[@]}" >stdout 2>stderr || fail "does not collect"
grep -q "runs are in the queue already" stderr || fail "does not find its jobs"
[[ $(arrays left) == 1 && $(dones left) == 4 ]] || fail "submitted again, or lost"
for run in left/runs/*; do [[ $(starts "$run") == 1 ]] || fail "$run was repeated"; done
say "left and collected"

# 4. More than an array may have.
"$sweep" "${runs[@]}" --steps=20 --lr=0.01,0.02,0.03,0.04 --seed=0..2 --out=split >stdout 2>stderr || fail "split"
[[ $(arrays split) == 2 && $(dones split) == 12 ]] || fail "twelve runs in arrays of nine"
say "twelve runs: arrays of $(grep -o 'array .*' stderr | tr '\n' ' ')"

# 5. What Slurm refuses.
"$sweep" "${runs[@]}" --steps=20 --seed=9 --slurm_args=--partition=nowhere --out=refused >stdout 2>stderr
[[ $? == 2 ]] || fail "a refusal is not status 2"
grep -qi "invalid partition" stderr || fail "does not say why"
[[ ! -s stdout ]] || fail "a refusal writes to standard output"

# 6. The held job: said, left, and collected once it is released.
wait $held_pid
[[ $(cat held.status) == 1 ]] || fail "a held job: status $(cat held.status), not 1"
grep -q "^job .* will not start: PENDING, JobHeldUser" held.err || fail "does not say that a job is held"
grep -q "1 runs are left: .*scontrol release .* run the same command again" held.err || fail "does not say what to do"
[[ -s held/report.html ]] || fail "no report beside a held job"
scontrol release "$(cat held/slurm/array-1.job)" || fail "release"
"$sweep" "${held[@]}" --slurm_args=--hold >stdout 2>stderr || fail "the released job is not collected"
[[ $(arrays held) == 1 && $(dones held) == 1 ]] || fail "the held job was submitted again, or lost"
say "held, released, collected"

# 7. No node that could run it: said, and waited for.
scontrol update nodename="$host" state=drain reason=mending || fail "drain"
"$sweep" "${runs[@]}" --steps=20 --seed=8 --out=drained >stdout 2>stderr &
pid=$!
for _ in $(seq 300); do grep -q "cannot start now" stderr && break; sleep 0.1; done
grep -q "^job .* cannot start now: PENDING" stderr || fail "does not say that no node is there"
scontrol update nodename="$host" state=resume || fail "resume"
wait $pid || fail "a node that comes back"
say "drained, resumed, done"

# 8. A chain: runs that start from others' checkpoints, in an array that waits for theirs.
"$fig5" --preset=smoke --seeds=0 --launcher=slurm --jobs=2 --device=cpu --out=chain \
  --only='cell=mnist-pretrain|mnist-finetune-20%-lr0.005' >stdout 2>stderr || fail "a chain"
say "a chain: $(grep -o 'array .*' stderr | tr '\n' ' ')"
[[ $(arrays chain) == 2 && $(dones chain) == 2 ]] || fail "a chain is not two arrays with a run each"
say "all of it holds"
