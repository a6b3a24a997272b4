using System.Collections.Concurrent;
using Orleans.Metadata;
using Orleans.Serialization.TypeSystem;

namespace SoonShop.ApiFrontend.Cluster;

/// <summary>
/// Caches the Orleans name of each grain interface. Otherwise Orleans reads the interface's attributes and formats the name for every grain
/// reference.
/// </summary>
internal sealed class CachedInterfaceTypes(IServiceProvider services, TypeConverter converter) : IGrainInterfaceTypeProvider
{
    private readonly ConcurrentDictionary<Type, GrainInterfaceType> known = new();
    private GrainInterfaceTypeResolver? resolver;

    public bool TryGetGrainInterfaceType(Type type, out GrainInterfaceType grainInterfaceType)
    {
        grainInterfaceType = known.GetOrAdd(type, static (t, self) => self.Others().GetGrainInterfaceType(t), this);
        return true;
    }

    /// <summary>Returns the resolver that Orleans uses without this class.</summary>
    private GrainInterfaceTypeResolver Others() =>
        resolver ??= new GrainInterfaceTypeResolver(services.GetServices<IGrainInterfaceTypeProvider>().Where(p => p != this), converter);
}
