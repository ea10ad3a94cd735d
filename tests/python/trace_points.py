"""Five ways to make a trace point, as OSProfiler's page on its API has them, and the messages that they send.

    python trace_points.py

Prints a list with a list of messages for each way. The twins in Rust lie in examples/src/trace_points. Needs a Python with
`osprofiler` (4.4.0) installed.
"""

import json

from osprofiler import notifier, profiler


def some_func():
    profiler.start("point_name", {"any_key": "with_any_value"})
    # your code
    profiler.stop({"any_info_about_point": "in_this_dict"})


@profiler.trace("point_name",
                info={"any_info_about_point": "in_this_dict"},
                hide_args=False)
def some_func2(*args, **kwargs):
    # If you need to hide args in profile info, put hide_args=True
    pass


def some_func3():
    with profiler.Trace("point_name",
                        info={"any_key": "with_any_value"}):
        pass


@profiler.trace_cls("point_name", info={}, hide_args=False,
                    trace_private=False)
class TracedClass(object):

    def traced_method(self):
        self._traced_only_if_trace_private_true()

    def _traced_only_if_trace_private_true(self):
        pass


class RpcManagerClass(object, metaclass=profiler.TracedMeta):
    __trace_args__ = {'name': 'rpc',
                      'info': None,
                      'hide_args': False,
                      'hide_result': True,
                      'trace_private': False}

    def my_method(self, some_args):
        pass

    def my_method2(self, some_arg1, some_arg2, kw=None, kw2=None):
        pass


def rpc():
    manager = RpcManagerClass()
    manager.my_method("some")
    manager.my_method2(1, 2)


WAYS = [some_func, lambda: some_func2(1, "two"), some_func3, lambda: TracedClass().traced_method(), rpc]


def messages(way):
    sent = []
    # The dictionaries are shared and changed later.
    notifier.set(lambda message: sent.append(json.loads(json.dumps(message))))
    profiler.init("SECRET_KEY")
    way()
    profiler.clean()
    return sent


print(json.dumps([messages(way) for way in WAYS]))
