using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using JobNode.Commands;

namespace JobNode.Simulation;

/// <summary>
/// Runs the schedules on a thread that the core's runtime knows, where calls into the core are cheap: from a foreign
/// thread they took more time than everything else together.
/// </summary>
internal static unsafe partial class CoreThread
{
    private static Action? _action;
    private static Exception? _failure;

    /// <summary>Runs an action on this thread. Not to be nested, and for one thread of the process only.</summary>
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
