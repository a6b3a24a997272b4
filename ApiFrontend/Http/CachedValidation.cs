#pragma warning disable ASP0029 // Rules of types are an experimental API, and the only one there is.
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.Extensions.Validation;

namespace SoonShop.ApiFrontend.Http;

/// <summary>
/// Keeps the rules of each type of body once they are found. The generated resolver makes them anew, and looks through the type's
/// interfaces, for every body and every object within it.
/// </summary>
internal sealed class CachedValidation(ImmutableArray<IValidatableInfoResolver> resolvers) : IValidatableInfoResolver
{
    /// <summary>Bodies have as many types as the API has; null for those without rules.</summary>
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
    /// Asked for once, when the routes are built. To the framework the request itself is a class that may have rules. It has none, so a
    /// handler that takes nothing else needs no filter.
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
