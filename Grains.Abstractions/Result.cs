using System.Diagnostics.CodeAnalysis;

namespace SoonShop;

/// <summary>
/// The result of a command: a value, or an error that the caller can act on. Errors are results, not exceptions. Nothing was changed, and a
/// repetition with the same input fails again until the state changes.
/// </summary>
/// <typeparam name="T">The type of the value.</typeparam>
[GenerateSerializer, Immutable, Alias("soonshop.outcome`1")]
public sealed record Result<T>
{
    private Result(T? value, Error? refusal) => (Value, Error) = (value, refusal);

    /// <summary>The value; null on error.</summary>
    [Id(0)] public T? Value { get; private init; }

    /// <summary>The error; null on success.</summary>
    [Id(1)] public Error? Error { get; private init; }

    /// <summary>True when <see cref="Error"/> is set; otherwise <see cref="Value"/> is set.</summary>
    [MemberNotNullWhen(true, nameof(Error)), MemberNotNullWhen(false, nameof(Value))]
    public bool IsError => Error is not null;

    /// <summary>Creates a successful result.</summary>
    public static implicit operator Result<T>(T value) => new(value, null);

    /// <summary>Creates a failed result.</summary>
    public static implicit operator Result<T>(Error error) => new(default, error);
}

/// <summary>The value of a command that returns nothing else.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.done")]
public readonly record struct Done;
