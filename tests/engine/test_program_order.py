"""What a program registers reaches the engine in the order of the program, however its threads are scheduled."""

from __future__ import annotations

import random
import threading
import time
from types import SimpleNamespace

from mlinfra.engine.arrivals import Arrivals
from mlinfra.engine.program.runner import InOrder


class Method:
    """A gRPC method as a stub has it, that takes as long to be sent as it likes."""

    def __init__(self, sent):
        self._sent = sent

    def future(self, request):
        self._sent.append(request)
        return SimpleNamespace(result=lambda: time.sleep(0.01) or request)


def of_the_sdk(function):
    function.__module__ = "pulumi.runtime._context"
    return function


def test_calls_go_out_in_order_though_they_are_answered_side_by_side():
    sent: list[int] = []
    stub = SimpleNamespace(Register=Method(sent))
    with InOrder(8) as executor:
        executor.order(stub)

        def call(number):
            @of_the_sdk
            def do():
                time.sleep(random.random() / 100)  # the thread is not lucky
                return stub.Register(number)

            return do

        answers = [executor.submit(call(number)) for number in range(40)]
        assert [answer.result() for answer in answers] == list(range(40))
    assert sent[:8] == list(range(8))  # as many as there are threads; what follows waits for one that is free


def test_what_the_program_itself_runs_in_a_thread_delays_nobody():
    done = threading.Event()
    with InOrder(2) as executor:
        waiting = executor.submit(done.wait, 10)
        assert executor.submit(of_the_sdk(lambda: "sent")).result() == "sent"
        done.set()
        assert waiting.result()


def test_calls_are_taken_up_as_they_came():
    begun: list[int] = []
    arrivals = Arrivals(16)

    def take_up(number):
        time.sleep(random.random() / 200)
        if number % 5:  # some end without
            with arrivals.first():
                time.sleep(random.random() / 1000)
                begun.append(number)

    for number in range(50):
        arrivals.submit(take_up, number)
    arrivals.shutdown()
    assert begun == [number for number in range(50) if number % 5]
