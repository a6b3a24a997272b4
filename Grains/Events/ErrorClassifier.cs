using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using Orleans.Storage;

namespace SoonShop.Events;

/// <summary>Puts exceptions into a class, by one criterion.</summary>
public abstract record ErrorRule
{
    /// <summary>The class of this very exception (not of those within it); null when the rule does not know it.</summary>
    public abstract ErrorClass? Classify(Exception e);

    /// <summary>Exceptions of a type, for which more can be asked.</summary>
    public static ErrorRule For<TException>(ErrorClass @class, Func<TException, bool>? when = null) where TException : Exception =>
        new TypeRule(e => e is TException exact && (when is null || when(exact)) ? @class : null);

    /// <summary>Exceptions of a type, by its name with or without namespace; also of types derived from it.</summary>
    public static ErrorRule Named(string type, ErrorClass @class) => new TypeRule(e => IsNamed(e.GetType(), type) ? @class : null);

    /// <summary>Exceptions whose message matches. The pattern must need no backtracking.</summary>
    public static ErrorRule Matching(Regex message, ErrorClass @class) => new TypeRule(e => message.IsMatch(e.Message) ? @class : null);

    private static bool IsNamed(Type? type, string name)
    {
        for (; type is not null; type = type.BaseType)
        {
            if (type.Name == name || type.FullName == name)
                return true;
        }
        return false;
    }

    private sealed record TypeRule(Func<Exception, ErrorClass?> Test) : ErrorRule
    {
        public override ErrorClass? Classify(Exception e) => Test(e);
    }
}

/// <summary>Thrown by a handler that knows how its failure is to be taken.</summary>
public sealed class HandlingException : Exception
{
    /// <summary>Of class <see cref="ErrorClass.System"/>.</summary>
    public HandlingException() { }

    /// <summary>Of class <see cref="ErrorClass.System"/>.</summary>
    public HandlingException(string message) : base(message) { }

    /// <summary>Of class <see cref="ErrorClass.System"/>.</summary>
    public HandlingException(string message, Exception innerException) : base(message, innerException) { }

    /// <summary>Of a class.</summary>
    public HandlingException(ErrorClass @class, string message, Exception? innerException = null) : base(message, innerException) => Class = @class;

    /// <summary>How the failure is to be taken.</summary>
    public ErrorClass Class { get; } = ErrorClass.System;
}

/// <summary>
/// Says what kind of error an exception is: what the rules given say (configuration first), then what is known of .NET's
/// and Orleans' own. An exception that says nothing itself is judged by what it wraps; one that nobody knows is a bug.
/// </summary>
/// <param name="rules">Rules that go before the known ones, in this order.</param>
public sealed class ErrorClassifier(IEnumerable<ErrorRule> rules)
{
    /// <summary>How deep wrapped exceptions are looked into.</summary>
    private const int MaxDepth = 8;

    private static readonly ErrorRule[] Known =
    [
        ErrorRule.For<UnreadableEventException>(ErrorClass.Serialization),
        ErrorRule.For<JsonException>(ErrorClass.Serialization),
        ErrorRule.For<UnavailableException>(ErrorClass.Transient),
        ErrorRule.For<InconsistentStateException>(ErrorClass.Transient),
        ErrorRule.For<HttpRequestException>(ErrorClass.Transient, e => e.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError),
        ErrorRule.For<HttpRequestException>(ErrorClass.Permanent, e => e.StatusCode is not null),
        ErrorRule.For<HttpRequestException>(ErrorClass.Network),
        ErrorRule.For<SocketException>(ErrorClass.Network),
        ErrorRule.For<FileNotFoundException>(ErrorClass.Permanent),
        ErrorRule.For<DirectoryNotFoundException>(ErrorClass.Permanent),
        ErrorRule.For<IOException>(ErrorClass.Network),
        ErrorRule.For<TimeoutException>(ErrorClass.Transient),
        ErrorRule.For<OperationCanceledException>(ErrorClass.Transient),
        ErrorRule.For<OrleansException>(ErrorClass.Transient),
        ErrorRule.For<NotImplementedException>(ErrorClass.Permanent),
        ErrorRule.For<NotSupportedException>(ErrorClass.Permanent),
        ErrorRule.For<UnauthorizedAccessException>(ErrorClass.Permanent),
    ];

    private readonly ErrorRule[] all = [.. rules, .. Known];

    /// <summary>The class of an error.</summary>
    public ErrorClass Classify(Exception error)
    {
        var e = error;
        for (var depth = 0; e is not null && depth < MaxDepth; depth++, e = e.InnerException)
        {
            if (e is HandlingException own)
                return own.Class;
            // Both only carry others.
            if (e is AggregateException or TargetInvocationException)
                continue;
            foreach (var rule in all)
            {
                if (rule.Classify(e) is { } known)
                    return known;
            }
        }
        return ErrorClass.System;
    }
}
