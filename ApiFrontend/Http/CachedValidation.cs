#pragma warning disable ASP0029 // Validation rules of types are available only as an experimental API.
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.Extensions.Validation;

namespace SoonShop.ApiFrontend.Http;

/// <summary>
/// Caches the validation rules of each type of body. The generated resolver creates them, and searches the type's interfaces, for every
/// body and every object within it.
/// </summary>
internal sealed class CachedValidation(ImmutableArray<IValidatableInfoResolver> resolvers) : IValidatableInfoResolver
{
    /// <summary>The rules by type, of which there are as many as the API has bodies; null for types without rules.</summary>
    private readonly ConcurrentDictionary<Type, IValidatableInfo?> types = new();

    /// <summary>Puts the cache before all resolvers of the options.</summary>
    public static void Configure(ValidationOptions options)
    {
        var cache = new CachedValidation([.. options.Resolvers]);
        options.Resolvers.Clear();
        options.Resolvers.Add(cache);
    }

    public bool TryGetValidatableTypeInfo(Type type, [NotNullWhen(true)] out IValidatableInfo? validatableInfo) =>
        (validatableInfo = types.GetOrAdd(type, static (t, all) => Find(t, all), resolvers)) is not null;

    /// <summary>
    /// Called once, when the routes are built. The framework treats the request itself as a class that may have rules. It has none, so a
    /// handler without other parameters needs no filter.
    /// </summary>
    public bool TryGetValidatableParameterInfo(ParameterInfo parameterInfo, [NotNullWhen(true)] out IValidatableInfo? validatableInfo)
    {
        validatableInfo = null;
        if (parameterInfo.ParameterType == typeof(HttpContext))
            return false;
        foreach (var resolver in resolvers)
        {
            if (resolver.TryGetValidatableParameterInfo(parameterInfo, out validatableInfo))
                return true;
        }
        return false;
    }

    private static IValidatableInfo? Find(Type type, ImmutableArray<IValidatableInfoResolver> resolvers)
    {
        foreach (var resolver in resolvers)
        {
            if (resolver.TryGetValidatableTypeInfo(type, out var found))
                return found;
        }
        return null;
    }
}
