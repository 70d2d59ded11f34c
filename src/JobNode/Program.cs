using JobNode.Api;
using JobNode.Cli;

// The composition root passes NodeHost.RunAsync here; until it exists, serving is refused in so many words.
CliContext context = CliContext.OfProcess(ProgramVersion.Text, static (_, _) =>
    throw new CliFailure(ExitCode.Failed, "this build has no node inside (NodeHost is not composed yet)."));
return await CliRouter.RunAsync(args, context, CancellationToken.None);
