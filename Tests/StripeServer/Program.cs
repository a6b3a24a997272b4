using System.Net.Sockets;
using SoonShop.StripeTesting;

// Exit codes of sysexits.h.
const int Unavailable = 69, ConfigurationError = 78;

var configuration = new ConfigurationBuilder().AddEnvironmentVariables().AddCommandLine(args).Build();
var options = new StripeServerOptions();
List<string> problems = [];
try
{
    configuration.GetSection("StripeServer").Bind(options, b => b.ErrorOnUnknownConfiguration = true);
}
catch (InvalidOperationException wrong)
{
    problems.Add($"{wrong.Message} {wrong.InnerException?.Message}".TrimEnd());
}
problems.AddRange(options.Problems());
if (problems.Count > 0)
{
    Console.Error.WriteLine($"StripeServer: the configuration has {problems.Count} problem(s):\n  - {string.Join("\n  - ", problems)}");
    return ConfigurationError;
}

try
{
    await using var server = await StripeServer.StartAsync(
        options, logging => logging.AddSimpleConsole(c => c.SingleLine = true).SetMinimumLevel(LogLevel.Warning));
    Console.WriteLine(
        $"A test server that behaves like Stripe listens on {server.Url}; its own controls are below {server.Url}/test. No money moves.");
    await server.WaitForShutdownAsync();
    return 0;
}
catch (IOException taken) when (taken.GetBaseException() is SocketException)
{
    Console.Error.WriteLine(
        $"StripeServer: port {options.Port} cannot be opened: {taken.GetBaseException().Message}. Choose another with StripeServer__Port.");
    return Unavailable;
}
