using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace SoonShop.Tests.Running;

/// <summary>Keeps the last lines that a process or a host of the shop logs, and saves them as a file.</summary>
internal sealed class LogBuffer
{
    private const int MaxLines = 50_000;
    private static readonly DirectoryInfo Folder = Directory.CreateDirectory(Path.Combine(Repository.TestData, "logs"));
    private readonly ConcurrentQueue<string> lines = new();
    private readonly DateTime started = DateTime.UtcNow;

    /// <summary>The lines.</summary>
    public string Text => string.Join('\n', lines);

    /// <summary>Adds a line, and drops the oldest one if there are too many.</summary>
    public void Add(string line)
    {
        lines.Enqueue(line);
        if (lines.Count > MaxLines)
            lines.TryDequeue(out _);
    }

    /// <summary>Writes the lines to a file with this name, in the folder <c>logs</c> of the tests' data.</summary>
    public Task SaveAsync(string name) => File.WriteAllLinesAsync(Path.Combine(Folder.FullName, $"{started:HHmmss.fff} {name}.log"), lines);
}

/// <summary>Adds what a host logs to a buffer.</summary>
internal sealed class LogBufferProvider(LogBuffer buffer) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => new Logger(buffer, categoryName);

    public void Dispose() { }

    private sealed class Logger(LogBuffer buffer, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var error = exception is null ? "" : $"\n{exception}";
            buffer.Add($"{DateTime.UtcNow:HH:mm:ss.fff} {logLevel} {category}: {formatter(state, exception)}{error}");
        }
    }
}
