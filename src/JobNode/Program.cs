using JobNode;
using JobNode.Cli;
using JobNode.Observability;

CliContext context = CliContext.OfProcess(ProgramVersion.Text, NodeHost.RunAsync);
return await CliRouter.RunAsync(args, context, CancellationToken.None);
