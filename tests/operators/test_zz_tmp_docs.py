from __future__ import annotations
import time, json
from dataclasses import replace
import pytest
from tests.operators.conftest import *
from tests.operators.account import new_model, rows
from tests.operators.task import Died, Task, fire
from tests.operators.test_catalog import catalog, single
from tests.operators.test_ends import _job_of, _die
from airflow_provider_render.core.polling import Watch
from airflow_provider_render.vendors.dxgl.vendor import DxglVendor

@pytest.fixture(autouse=True)
def grace(monkeypatch):
    monkeypatch.setattr(DxglVendor,"poll_policy",replace(DxglVendor.poll_policy,listing_grace=1.0,first=.1,start=.1,cap=.2))

def attempt(f):
    try:
        r=f()
        return r if not hasattr(r,"trigger") else ("DEFERRED", [j["id"] for j in r.trigger.jobs])
    except Exception as e: return f"{type(e).__name__}: {e}"

def show(title,*x): print("\n##",title,*[json.dumps(y,default=str)[:500] for y in x])

def test_mark_failed_deferred(idle,tmp_path):
    table=rows(new_model(tmp_path,"a"))
    t=catalog(idle,table,tmp_path/"out",deferrable=True)
    d=t.start(); idle.api.delete(f"/v1/renders/{d.trigger.jobs[0]['id']}")
    t2=Task(t.make,run_id="nightly-2"); show("mark failed -> next run",attempt(t2.run),idle.spent)
    t3=Task(t.make,run_id="nightly-3"); show("-> run after",attempt(t3.start),idle.spent)

def test_kill_worker_blocking(idle,tmp_path,monkeypatch):
    table=rows(new_model(tmp_path,"a"))
    t=catalog(idle,table,tmp_path/"out")
    with monkeypatch.context() as p:
        p.setattr(Watch,"start",_die)
        with pytest.raises(Died): t.start()
    t.operator.on_kill()
    show("worker killed(on_kill), retry",attempt(t.start),idle.spent)
    show("retry again",attempt(t.start),idle.spent)

@pytest.mark.parametrize("d",[True,False])
def test_timeout_retry(idle,tmp_path,d):
    table=rows(new_model(tmp_path,"a"))
    t=catalog(idle,table,tmp_path/"out",deferrable=d,render_timeout=.3)
    for i in range(4): show(f"timeout try {i} {d}",attempt(t.run),idle.spent)
    t2=Task(t.make,run_id="nightly-2"); show("next run",attempt(t2.run),idle.spent)
def t_give_up(idle,tmp_path):
    pass
