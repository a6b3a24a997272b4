using System.Diagnostics.CodeAnalysis;

namespace SoonShop;

/// <summary>
/// What a command came to: a value, or a refusal that the caller can act on. Refusals are answers, not exceptions:
/// nothing was changed, and asking again with the same input is refused again until the facts change.
/// </summary>
/// <typeparam name="T">What a granted command answers.</typeparam>
[GenerateSerializer, Immutable, Alias("soonshop.outcome`1")]
public sealed record Result<T>
{
    private Result(T? value, Error? refusal) => (Value, Error) = (value, refusal);

    /// <summary>The answer; null when refused.</summary>
    [Id(0)] public T? Value { get; private init; }

    /// <summary>The refusal; null when granted.</summary>
    [Id(1)] public Error? Error { get; private init; }

    /// <summary>True when refused; then <see cref="Error"/> is set, otherwise <see cref="Value"/>.</summary>
    [MemberNotNullWhen(true, nameof(Error)), MemberNotNullWhen(false, nameof(Value))]
    public bool IsError => Error is not null;

    /// <summary>A granted command.</summary>
    public static implicit operator Result<T>(T value) => new(value, null);

    /// <summary>A refused command.</summary>
    public static implicit operator Result<T>(Error error) => new(default, error);
}

/// <summary>The answer of a command that has nothing to say but that it was done.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.done")]
public readonly record struct Done;
