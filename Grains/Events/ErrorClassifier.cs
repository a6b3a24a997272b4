using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using Orleans.Storage;

namespace SoonShop.Events;

/// <summary>Assigns exceptions to an error class by one criterion.</summary>
public abstract record ErrorRule
{
    /// <summary>Returns the class of this exception itself, without inner exceptions; null when the rule does not apply.</summary>
    public abstract ErrorClass? Classify(Exception e);

    /// <summary>Matches exceptions of a type, with an optional further condition.</summary>
    public static ErrorRule For<TException>(ErrorClass @class, Func<TException, bool>? when = null) where TException : Exception =>
        new TypeRule(e => e is TException exact && (when is null || when(exact)) ? @class : null);

    /// <summary>Matches exceptions by the name of their type or of a base type, with or without namespace.</summary>
    public static ErrorRule Named(string type, ErrorClass @class) => new TypeRule(e => IsNamed(e.GetType(), type) ? @class : null);

    /// <summary>Matches exceptions by their message. The pattern must not need backtracking.</summary>
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

/// <summary>Thrown by a handler that knows the class of its failure.</summary>
public sealed class HandlingException : Exception
{
    /// <summary>Creates an error of class <see cref="ErrorClass.System"/>.</summary>
    public HandlingException() { }

    /// <summary>Creates an error of class <see cref="ErrorClass.System"/>.</summary>
    public HandlingException(string message) : base(message) { }

    /// <summary>Creates an error of class <see cref="ErrorClass.System"/>.</summary>
    public HandlingException(string message, Exception innerException) : base(message, innerException) { }

    /// <summary>Creates an error of a class.</summary>
    public HandlingException(ErrorClass @class, string message, Exception? innerException = null)
        : base(message, innerException) => Class = @class;

    /// <summary>The class of the failure.</summary>
    public ErrorClass Class { get; } = ErrorClass.System;
}

/// <summary>
/// Determines the class of an error. The given rules (configuration first) come before the built-in rules for exceptions of .NET and
/// Orleans. If no rule matches an exception, its inner exception decides. If nothing matches, the error is a bug.
/// </summary>
/// <param name="rules">Rules that precede the built-in ones, in this order.</param>
public sealed class ErrorClassifier(IEnumerable<ErrorRule> rules)
{
    /// <summary>How many levels of inner exceptions are examined.</summary>
    private const int MaxDepth = 8;

    private static readonly ErrorRule[] Known =
    [
        ErrorRule.For<UnreadableEventException>(ErrorClass.Serialization),
        ErrorRule.For<JsonException>(ErrorClass.Serialization),
        ErrorRule.For<UnavailableException>(ErrorClass.Transient),
        ErrorRule.For<InconsistentStateException>(ErrorClass.Transient),
        ErrorRule.For<HttpRequestException>(ErrorClass.Transient, e =>
            e.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError),
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

    /// <summary>Returns the class of an error.</summary>
    public ErrorClass Classify(Exception error)
    {
        var e = error;
        for (var depth = 0; e is not null && depth < MaxDepth; depth++, e = e.InnerException)
        {
            if (e is HandlingException own)
                return own.Class;
            // Both only wrap other exceptions.
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
