using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using JobNode.Commands;

namespace JobNode.Consensus;

/// <summary>
/// Makes the calling thread one that the core's runtime knows. Go lends a foreign thread one of its own machines for
/// every call and takes it back, which is nine system calls each time; inside of <see cref="Run"/> there are none.
/// </summary>
/// <remarks>
/// Go 1.19 takes the 32 KiB of stack below this call for what its own code may use on this thread, so calls into the
/// core have to be made from frames nearer than that: no big stackalloc on the way, no recursion.
/// </remarks>
internal static unsafe partial class CoreThread
{
    [ThreadStatic]
    private static Action? _action;

    [ThreadStatic]
    private static Exception? _failure;

    /// <summary>Runs an action on this thread; not to be nested. Only in native binaries.</summary>
    /// <exception cref="Exception">What the action threw.</exception>
    public static void Run(Action action)
    {
        Invariant.That(_action is null, "one action at a time");
        _action = action;
        Enter(&RunAction);
        _action = null;
        if (_failure is { } failure)
        {
            _failure = null;
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    [LibraryImport("etcdraft", EntryPoint = "etcdraft_run")]
    private static partial void Enter(delegate* unmanaged<void> action);

    /// <summary>No exception may cross the native frames below.</summary>
    [UnmanagedCallersOnly]
    private static void RunAction()
    {
        try
        {
            _action!();
        }
        catch (Exception exception)
        {
            _failure = exception;
        }
    }
}
